import Bench
import ForgettingDisk
import Foundation
import QueueLoad
import SeededRandom

/// A power cut: from some operation on the disk answers nothing, the kiosk dies, and what was never fsynced is gone, or a part of it.
struct ForgettingGround: Ground {
    private let directory: URL
    private let disk: ForgettingDisk

    init(directory: URL) throws {
        self.directory = directory
        disk = try ForgettingDisk(directory: directory)
    }

    var outbox: URL { disk.mountPoint.appending(path: "outbox") }

    func prepare() async throws {
        try await disk.mount()
    }

    func strike(_ choices: SeededGenerator, load start: () async throws -> LoadProcess) async throws -> Blow {
        var generator = choices
        // Every fifth falls while the outbox is being opened.
        let early = Int.random(in: 0..<5, using: &generator) == 0
        let operations = Int.random(in: early ? 0...40 : 40...400, using: &generator)
        let trouble = Trouble(&generator)
        for rule in trouble.rules { try await disk.add(rule) }
        let seed = generator.next()
        try await disk.cut(afterOperations: operations, seed: seed)
        let load = try await start()
        let cut: ForgettingCut
        do {
            cut = try await self.cut(load, seed: seed)
        } catch {
            await load.kill()
            throw error
        }
        let end = await load.kill()
        // It gives up when the disk fails it, and in no other way; or the kernel ends it, when a page of SQLite's mapped index can't be read.
        if let end, end != .exit(3), end != .signal(SIGBUS) { throw LoadProcess.Broken(end: end, log: load.log) }
        try await disk.recover()
        return Blow(told: load.told, story: "\(cut)" + trouble.story)
    }

    func discard() async {
        try? await disk.unmount()
        try? FileManager.default.removeItem(at: directory)
    }

    /// The armed cut; or one now, when the load has ended, or does too little to reach it.
    private func cut(_ load: LoadProcess, seed: UInt64) async throws -> ForgettingCut {
        let deadline = ContinuousClock.now + .seconds(3)
        while load.end == nil, ContinuousClock.now < deadline {
            do {
                return try await disk.waitForCut(deadline: .zero)
            } catch is Poll.Missed {
            }
        }
        try await disk.cut(afterOperations: 0, seed: seed)
        return try await disk.waitForCut()
    }
}

/// What else is wrong with the disk in a round: mostly nothing.
private struct Trouble {
    let rules: [DiskRule]
    let story: String

    init(_ generator: inout SeededGenerator) {
        let after = Int.random(in: 0...60, using: &generator)
        let times = Int.random(in: 1...40, using: &generator)
        switch Int.random(in: 0..<24, using: &generator) {
        case 0: self.init("no room for \(times) writes", [DiskRule(.write, after: after, times: times, failure: .noSpace)])
        case 1: self.init("no room for \(times) new files", [DiskRule(.create, after: after / 8, times: times, failure: .noSpace)])
        case 2: self.init("a write fails", [DiskRule(.write, after: after, times: 1, failure: .inputOutput)])
        case 3: self.init("an fsync fails", [DiskRule(.fsync, after: after / 4, times: 1, failure: .inputOutput)])
        case 4: self.init("an fsync of a directory fails", [DiskRule(.fsyncdir, after: after / 8, times: 1, failure: .inputOutput)])
        case 5: self.init("reads fail", [DiskRule(.read, after: after / 4, times: times, failure: .inputOutput)])
        case 6: self.init("slow fsyncs", [DiskRule(.fsync, delay: .milliseconds(10)), DiskRule(.fsyncdir, delay: .milliseconds(10))])
        default: self.init(nil, [])
        }
    }

    private init(_ story: String?, _ rules: [DiskRule]) {
        self.rules = rules
        self.story = story.map { "; \($0)" } ?? ""
    }
}
