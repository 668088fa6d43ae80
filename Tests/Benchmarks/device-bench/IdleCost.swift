import Bench
import BenchLine
import Foundation
import KioskModel
import LocalAPI

/// What a whole kiosk costs when a citizen has gone and nobody is there: processor time of kioskd and of all its hosts, one of every class and a second
/// camera, and each host's private memory. What belongs to the system (pcscd, upsd) isn't counted.
struct IdleCost {
    let seconds: Int

    func run() async throws -> [BenchLine] {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: false), traced: false)
        do {
            try await kiosk.start()
            if let missing = kiosk.hardware.missing.first { throw BenchFailure("\(missing)") }
            let lines = try await measure(kiosk)
            await kiosk.stop()
            return lines
        } catch {
            await kiosk.stop()
            throw error
        }
    }

    private func measure(_ kiosk: VirtualKiosk) async throws -> [BenchLine] {
        // Every host that a citizen needs has worked: what it keeps of that counts.
        guard let citizen = SyntheticCitizen.named("resident") else { throw BenchFailure("there is no citizen resident") }
        if let lost = try await kiosk.serve(citizen) { throw BenchFailure(lost) }
        let devices = try await kiosk.local.devices()
        let hosts = devices.compactMap(\.pid)
        guard hosts.count == devices.count, let kioskd = hosts.first.flatMap({ Self.parent(of: $0) }) else {
            throw BenchFailure("not every device has its host")
        }
        // What follows a citizen (the delivery, last polls) is over.
        try await Task.sleep(for: .seconds(10))
        let before = try ([kioskd] + hosts).map(ProcessorTime.of)
        let began = ContinuousClock.now
        try await Task.sleep(for: .seconds(seconds))
        let after = try ([kioskd] + hosts).map(ProcessorTime.of)
        let span = ContinuousClock.now - began
        let used = zip(after, before).map { $0 - $1 }
        let cpu = BenchLine(
            name: "idle-kiosk", value: used.reduce(.zero, +) / span * 100, unit: "percent-of-a-core", peer: "limit", peerValue: 0.5, goal: 1)
        let memory = try devices.compactMap { device in
            try device.pid.map { pid in
                BenchLine(
                    name: "private-memory-\(device.name)", value: try Self.privateMegabytes(pid), unit: "MB", peer: "limit",
                    peerValue: MemoryBudget.megabytes(device.deviceClass), goal: 1)
            }
        }
        return [cpu] + memory
    }

    private static func text(_ pid: Int32, _ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") else { throw BenchFailure("process \(pid) is gone") }
        return String(decoding: data, as: UTF8.self)
    }

    static func parent(of pid: Int32) -> Int32? {
        (try? text(pid, "stat"))?.split(separator: ")").last?.split(separator: " ").dropFirst().first.flatMap { Int32($0) }
    }

    /// Pages that no other process has, written to or not: Private_Clean and Private_Dirty.
    private static func privateMegabytes(_ pid: Int32) throws -> Double {
        try text(pid, "smaps_rollup").split(separator: "\n").filter { $0.hasPrefix("Private_") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }.reduce(0, +) / 1024
    }
}
