import BenchLine
import DeviceLink
import Foundation
import KioskModel
import KioskRuntime
import LocalAPI
import Logging

/// Real device hosts under the kiosk's own supervisor, from the programs beside this one.
struct HostBench: Sendable {
    let supervisor: DeviceSupervisor
    private let directory: URL
    private let running: Task<Void, any Error>

    static var programs: URL { URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent() }

    init(_ spec: DeviceSpec) throws {
        var logger = Logger(label: "hosts")
        logger.logLevel = .error
        directory = FileManager.default.temporaryDirectory.appending(path: "device-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let launcher = SpawnLauncher(executable: Self.programs.appending(path: "kiosk-device").path, logger: logger)
        let supervisor = DeviceSupervisor(specs: [spec], launcher: launcher, socketPath: directory.appending(path: "devices").path, logger: logger)
        self.supervisor = supervisor
        running = Task { try await supervisor.run() }
    }

    /// Returns when the device is ready.
    func ready() async throws {
        let stream = await supervisor.changes
        for await reports in stream where reports.allSatisfy({ $0.state == .ready }) { return }
        throw BenchFailure("the device didn't become ready")
    }

    func stop() async {
        running.cancel()
        _ = await running.result
        try? FileManager.default.removeItem(at: directory)
    }
}
