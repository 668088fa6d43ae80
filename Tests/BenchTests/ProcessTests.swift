import Foundation
import Glibc
import Synchronization
import Testing

@testable import Bench

/// Children are started, heard, killed, reaped and started anew.
struct ProcessTests {
    private func command(_ script: String) -> BenchProcess.Command {
        BenchProcess.Command("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
    }

    @Test func tellsHowAChildEndedAndWhatItSaid() async throws {
        let log = ProcessLog()
        let child = try await BenchProcess.start(command("echo one; echo two >&2; exit 3")) { log.append($0, from: "sh") }
        #expect(await child.wait() == .exit(3))
        #expect(log.recent == ["sh: one", "sh: two"])
    }

    @Test func stopEndsAChildThatWontListen() async throws {
        let log = ProcessLog()
        let child = try await BenchProcess.start(command("trap '' TERM; echo ready; while :; do sleep 1; done")) { log.append($0, from: "sh") }
        _ = try await Poll.until("the child to be ready") { log.recent.isEmpty ? .notYet("silent") : .there(true) }
        #expect(await child.stop(grace: .milliseconds(200)) == .signal(SIGKILL))
    }

    @Test func whatTheLastNewlineEndsIsALine() async throws {
        let heard = Mutex<[String]>([])
        let script = "printf 'one\\ntw'; printf 'o\\n\\nrest'; kill -KILL $$"
        let child = try await BenchProcess.start(command(script), hearing: .seconds(30)) { line in heard.withLock { $0.append(line) } }
        #expect(await child.wait() == .signal(SIGKILL))
        #expect(heard.withLock { $0 } == ["one", "two", ""])
    }

    /// Its number is another's only once its end is known, so that no signal meant for it reaches a stranger.
    @Test(.timeLimit(.minutes(1))) func aDeadChildKeepsItsNumberUntilItsEndIsTold() async throws {
        let heard = Mutex<pid_t?>(nil)
        let child = try await BenchProcess.start(command("sleep 1000 & echo $!"), hearing: .seconds(300)) { line in
            heard.withLock { $0 = pid_t(line) }
        }
        // Keeps the pipe open.
        let grandchild: pid_t = try await Poll.until("the grandchild") { heard.withLock { $0 }.map { .there($0) } ?? .notYet("no line") }
        defer { kill(grandchild, SIGKILL) }
        let stat: String = try await Poll.until("the child's death") {
            let stat = try String(contentsOfFile: "/proc/\(child.pid)/stat", encoding: .utf8)
            return stat.contains(") Z ") ? .there(stat) : .notYet(stat)
        }
        #expect(child.end == nil, "\(stat)")
        child.send(SIGTERM)
        kill(grandchild, SIGKILL)
        #expect(await child.wait() == .exit(0))
        #expect(kill(child.pid, 0) == -1)
    }

    @Test func aSupervisedProcessIsStartedAnew() async throws {
        let command = command("echo up; exec sleep 1000")
        let process = SupervisedProcess("sleeper", log: ProcessLog(), restartDelay: .milliseconds(10)) { command }
        try await process.start()
        let first = try #require(await process.pid)
        await process.killAndWait()
        let second: pid_t = try await Poll.until("a new process") {
            guard let pid = await process.pid, pid != first else { return .notYet("none") }
            return .there(pid)
        }
        #expect(await process.report.state == .running)
        #expect(await process.restarts == 1)
        await process.stop()
        #expect(await process.pid == nil)
        #expect(kill(second, 0) == -1)
        #expect(await process.report.state == .stopped)
    }

    @Test func aTracedProcessIsAChildAndItsWritesAreSeen() async throws {
        let directory = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: directory) }
        let ledger = WriteLedger()
        let trace = try TraceChannel(path: directory.appending(path: "trace").path, ledger: ledger)
        let file = directory.appending(path: "secret").path
        // Written by a grandchild and removed at once: nothing of it is left to look at.
        let script = "(printf 'the %s' secret > \(file); rm \(file)); exit 5"
        let child = try await BenchProcess.start(trace.wrap(command(script))) { _ in }
        #expect(await child.wait() == .exit(5))
        #expect(await trace.drained())
        let search = ResidueSearch(needles: Needle.encodings(of: "the secret", kind: "text"))
        #expect(search.hits(ledger: ledger, directories: [directory]).map(\.path) == [file])
    }
}
