import BenchLine
import DeviceLink
import Dispatch
import Foundation
import Glibc
import KioskModel
import KioskRuntime

/// A colour page of A4 at 300 dpi from SANE's own test backend, whose reading costs the processor alone: kioskd's order to its last byte in a
/// sealed memfd, beside `scanimage` to a file in memory. Our host has the scanner open; what `scanimage` takes to start and open it is measured by a run
/// that reads no page (`-A`), and subtracted. The runs alternate, and the medians are compared.
struct ScanTime {
    let scans: Int

    func run() async throws -> [BenchLine] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "device-bench-sane-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data("test\n".utf8).write(to: directory.appending(path: "dll.conf"))
        // Without a size of its own the backend ends at 200 mm.
        try Data("number_of_devices 1\ntest-picture \"Color pattern\"\ngeometry_max 300\n".utf8).write(to: directory.appending(path: "test.conf"))
        let spec = DeviceSpec(
            name: "scanner", deviceClass: .scanner, options: ["device": "test:0"], environment: ["SANE_CONFIG_DIR": directory.path])
        var (ours, theirs, opening): ([Duration], [Duration], [Duration]) = ([], [], [])
        for _ in 0..<scans {
            ours.append(try await scan(spec))
            theirs.append(try scanimage(Self.page, directory))
            opening.append(try scanimage(["-A"], directory))
        }
        return [
            BenchLine(
                name: "scan-a4-300dpi-colour", value: ours.median / .milliseconds(1), unit: "ms", peer: "scanimage",
                peerValue: (theirs.median - opening.median) / .milliseconds(1), goal: 1.05)
        ]
    }

    /// A host scans one page only: at the end of a page this backend may leave its process with a lock taken (Drivers/Scanner/README.md).
    private func scan(_ spec: DeviceSpec) async throws -> Duration {
        let hosts = try HostBench(spec)
        do {
            try await hosts.ready()
            let request = ScanRequest(resolution: 300, mode: .colour, source: .flatbed, maxPages: 1)
            let arrived = FirstTime()
            let began = ContinuousClock.now
            let outcome = await hosts.supervisor.perform(.scan(request), on: "scanner", deadline: .seconds(120)) { progress, _ in
                if case .page = progress { arrived.note() }
            }
            await hosts.stop()
            guard case .success(.scanned(1)) = outcome.completion, let end = arrived.instant else {
                throw BenchFailure("a scan came to \(outcome.completion)")
            }
            return end - began
        } catch {
            await hosts.stop()
            throw error
        }
    }

    private static let page = ["--mode", "Color", "--depth", "8", "--resolution", "300", "-x", "210", "-y", "297", "--format=pnm"]

    private func scanimage(_ options: [String], _ directory: URL, retries: Int = 5) throws -> Duration {
        let output = "/dev/shm/device-bench-\(UUID().uuidString).pnm"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/scanimage")
        process.arguments = ["-d", "test:0"] + options + (options == Self.page ? ["-o", output] : [])
        process.environment = ["SANE_CONFIG_DIR": directory.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        defer { try? FileManager.default.removeItem(atPath: output) }
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        let began = ContinuousClock.now
        try process.run()
        guard ended.wait(timeout: .now() + .seconds(10)) == .success else {
            // The lock that the backend leaves taken holds up its own frontend as well.
            kill(process.processIdentifier, SIGKILL)
            guard retries > 0 else { throw BenchFailure("scanimage hangs again and again") }
            return try scanimage(options, directory, retries: retries - 1)
        }
        let took = ContinuousClock.now - began
        guard process.terminationStatus == 0 else { throw BenchFailure("scanimage ended with \(process.terminationStatus)") }
        return took
    }
}
