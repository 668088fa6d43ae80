import Bench
import BenchLine
import Foundation
import KioskQueue
import KioskRuntime
import LocalAPI

/// What kioskd takes more of the memory while it brings a gigabyte to the platform than while it waits for one: the largest resident set of all that
/// time, less that of the idle daemon, which has looked through its queue and asked for the platform in vain.
struct DrainMemory {
    let ground: URL

    private static let materials = 20
    private static let bytes = 1 << 30

    func run() async throws -> BenchLine {
        let kiosk = try await EnrolledKiosk(in: ground.appending(path: "kiosk"))
        try await fill(kiosk)
        let log = ProcessLog()
        let platform = try await VirtualPlatform(layout: kiosk.layout, log: log)
        let daemon = try BareKiosk(EnrolledKiosk.name, layout: kiosk.layout, platformPort: platform.port, log: log)
        let process = try await daemon.start()
        do {
            let grown = try await measure(daemon.local, process.pid, platform)
            await process.stop()
            await platform.stop()
            return BenchLine(name: "drain-memory", value: grown, unit: "MB", peer: "limit", peerValue: 16, goal: 1)
        } catch {
            await process.stop()
            await platform.stop()
            throw error
        }
    }

    private func fill(_ kiosk: EnrolledKiosk) async throws {
        let store = OutboxStore(try FilledOutbox.open(kiosk.layout.kioskData))
        try await SealedStock(kiosk: EnrolledKiosk.name, sealer: kiosk.sealer(store), size: Self.bytes / Self.materials).commit(
            materials: Self.materials)
    }

    /// - Returns: megabytes of 2^20 bytes
    private func measure(_ kioskd: LocalClient, _ pid: Int32, _ platform: VirtualPlatform) async throws -> Double {
        _ = try await Poll.until("kioskd to have looked through its queue", deadline: .seconds(600), every: .seconds(1)) {
            let found = try await kioskd.queueVerification()
            return found.endedAt.map { .there($0) } ?? .notYet("\(found.items) of \(found.total)")
        }
        // What followed that is over.
        try await Task.sleep(for: .seconds(5))
        let idle = try Self.megabytes("VmRSS", of: pid)
        // Has the kernel begin anew with the highest (proc(5)).
        try Data("5".utf8).write(to: URL(filePath: "/proc/\(pid)/clear_refs"))
        try await platform.start()
        _ = try await Poll.until("everything to be delivered", deadline: .seconds(600), every: .seconds(1)) {
            let queue = try await kioskd.status().queue
            return queue.delivered == Self.materials + 1 ? .there(true) : .notYet("\(queue.delivered) delivered, \(queue.waiting) wait")
        }
        return try Self.megabytes("VmHWM", of: pid) - idle
    }

    private static func megabytes(_ field: String, of pid: Int32) throws -> Double {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { throw BenchFailure("kioskd is gone") }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("\(field):") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) }) else {
            throw BenchFailure("the kernel doesn't tell \(field)")
        }
        return kilobytes / 1024
    }
}
