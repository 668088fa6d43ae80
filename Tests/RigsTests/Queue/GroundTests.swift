import Bench
import Foundation
import SeededRandom
import Testing

@testable import chaos

/// A load that isn't there to be struck proves nothing, and each ground must say so.
@Suite(.serialized) struct GroundTests {
    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    private func start(_ script: String) async throws -> LoadProcess {
        try await LoadProcess.start(.init("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"]))
    }

    /// A blow upon a load that has ended before.
    private func strike(_ ground: any Ground, _ script: String) async throws -> Blow {
        try await ground.prepare()
        do {
            let blow = try await ground.strike(SeededGenerator(seed: 1)) {
                let load = try await start("echo acknowledged Q1-test-1; " + script)
                _ = try await load.waitForEnd(deadline: .seconds(40))
                return load
            }
            await ground.discard()
            return blow
        } catch {
            await ground.discard()
            throw error
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["kill -TRAP $$", "exit 0", "exit 3", "exit 78", "kill -KILL $$"])
    func aKillMustBeWhatEndsIt(script: String) async throws {
        try await withDirectory { directory in
            await #expect(throws: LoadProcess.Broken.self) { try await strike(PlainGround(directory: directory), script) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["kill -TRAP $$", "exit 0", "exit 78"])
    func aCutExplainsOnlyAFailedDisk(script: String) async throws {
        try await withDirectory { directory in
            await #expect(throws: LoadProcess.Broken.self) { try await strike(try ForgettingGround(directory: directory), script) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["echo failed io; exit 3", "kill -BUS $$"])
    func aLoadThatTheDiskFailedIsStruckAllTheSame(script: String) async throws {
        try await withDirectory { directory in
            let blow = try await strike(try ForgettingGround(directory: directory), script)
            #expect(blow.told.acknowledged == ["Q1-test-1"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func aLoadThatWorksIsKilled() async throws {
        try await withDirectory { directory in
            let ground = PlainGround(directory: directory)
            let blow = try await ground.strike(SeededGenerator(seed: 1)) { try await start("echo ready; exec sleep 1000") }
            #expect(blow.told.acknowledged.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aLoadThatNeverBecomesReadyIsNoKill() async throws {
        let load = try await start("exec sleep 1000")
        await #expect(throws: Poll.Missed.self) { try await load.waitUntilReady(deadline: .milliseconds(20)) }
        #expect(await load.kill() == nil)
    }
}
