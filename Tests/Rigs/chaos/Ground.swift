import Foundation
import QueueLoad
import SeededRandom

/// What the kiosk's data lies on, and how it is struck.
protocol Ground: Sendable {
    /// The outbox's directory; usable between blows.
    var outbox: URL { get }
    /// Returns when `outbox` can be made.
    func prepare() async throws
    /// Starts the load, strikes once, and returns when the load is dead and the ground usable again. Throws `LoadProcess.Broken` when the load
    /// had ended before, in a way that the ground doesn't explain.
    /// - Parameter choices: where the numbers for this blow come from
    func strike(_ choices: SeededGenerator, load: () async throws -> LoadProcess) async throws -> Blow
    /// Leaves nothing behind. Throws nothing: it is called after failures too.
    func discard() async
}

/// One blow, as it was dealt.
struct Blow {
    /// What the load had told by then.
    var told: LoadProcess.Told
    /// In words, for the progress line.
    var story: String
}

/// SIGKILL on an ordinary file system: what was written stays, whatever was being done.
struct PlainGround: Ground {
    let directory: URL

    var outbox: URL { directory.appending(path: "outbox") }

    func prepare() async throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func strike(_ choices: SeededGenerator, load start: () async throws -> LoadProcess) async throws -> Blow {
        var generator = choices
        // Every fifth falls while the outbox is being opened.
        let early = Int.random(in: 0..<5, using: &generator) == 0
        let delay = Duration.microseconds(Int.random(in: 0...(early ? 80_000 : 250_000), using: &generator))
        let load = try await start()
        do {
            if !early { try await load.waitUntilReady() }
            try await Task.sleep(for: delay)
        } catch {
            await load.kill()
            throw error
        }
        // Nothing fails here: it must have been alive.
        if let end = await load.kill() { throw LoadProcess.Broken(end: end, log: load.log) }
        let moment = "\(delay.components.attoseconds / 1_000_000_000_000_000) ms after \(early ? "the start" : "ready")"
        return Blow(told: load.told, story: moment)
    }

    func discard() async {
        try? FileManager.default.removeItem(at: directory)
    }
}
