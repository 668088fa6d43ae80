import Foundation
import Glibc
import Outbox
import Testing

/// The writer is a process of its own that really dies.
@Suite(.serialized) struct CrashTests {
    @Test(arguments: 0..<12)
    func aKillAtARandomMomentLosesNothing(round: Int) throws {
        let scratch = try Scratch()
        let lines = Int.random(in: 1...40)
        let delay = useconds_t.random(in: 0...4000)
        let run = try write(to: scratch, count: 10_000, size: 20_000) { $0 >= lines ? delay : nil }
        #expect(run.status == SIGKILL, "killed after line \(lines) and \(delay) µs")
        try checkDurable(run, in: scratch, size: 20_000)
    }

    /// The kill strikes at the n-th system call that changes the disk, so every gap between two steps of a commit is visited.
    @Test(arguments: 1...48)
    func aKillBeforeAnyStepLosesNothing(step: Int) throws {
        let scratch = try Scratch()
        let calls = "fsync,fdatasync,renameat,unlinkat,pwrite64,ftruncate"
        let run = try write(
            to: scratch, count: 3, size: 5000, wrapper: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=\(calls):signal=KILL:when=\(step)"])
        #expect(run.status != 0 || run.acknowledged.count == 6)
        try checkDurable(run, in: scratch, size: 5000)
    }

    /// A failed fsync is never taken for a success, what was refused because of it never comes back, and nothing is committed after it.
    @Test(arguments: 1...24)
    func aFailedSyncIsRefused(step: Int) throws {
        let scratch = try Scratch()
        let trace = scratch.url.appendingPathComponent("trace")
        let run = try write(
            to: scratch, count: 3, size: 5000,
            wrapper: ["strace", "-f", "-y", "-qq", "-o", trace.path, "-e", "inject=fsync,fdatasync:error=EIO:when=\(step)"])
        let failed = try String(contentsOf: trace, encoding: .utf8).split(separator: "\n").filter { $0.contains("(INJECTED)") }
        #expect(failed.isEmpty == (run.status == 0), "\(failed)")
        #expect(run.refusals.allSatisfy { $0 == OutboxError.Code.io.rawValue })
        #expect(run.afterwards.allSatisfy { $0 == OutboxError.Code.failed.rawValue })
        try checkDurable(run, in: scratch, size: 5000)
    }

    /// A disk that doesn't hand out a payload isn't a payload that is gone: nothing acknowledged is set aside for it.
    @Test func aFailedLookAtThePayloadsSetsNothingAside() throws {
        let scratch = try Scratch()
        let first = try write(to: scratch, count: 2, size: 5000)
        #expect(first.acknowledged.count == 4)
        let trace = scratch.url.appendingPathComponent("trace")
        for file in try scratch.files() {
            let path = scratch.payloads.appendingPathComponent(file).path
            let run = try write(
                to: scratch, count: nil,
                wrapper: ["strace", "-f", "-qq", "-o", trace.path, "-P", path, "-e", "trace=read", "-e", "inject=read:error=EIO"])
            #expect(try String(contentsOf: trace, encoding: .utf8).contains("(INJECTED)"))
            #expect(run.lines == ["verified 0 1 0"])
        }
        try checkDurable(first, in: scratch, size: 5000)
    }

    /// A commit of two packets costs two file syncs, one of the directory and one for the rows; their numbers were taken long before:
    /// fewer would mean that SQLite isn't at synchronous=FULL.
    @Test func everyCommitSyncs() throws {
        func syncs(count: Int) throws -> Int {
            let scratch = try Scratch()
            let trace = scratch.url.appendingPathComponent("trace")
            let run = try write(
                to: scratch, count: count, size: 100, wrapper: ["strace", "-f", "-qq", "-o", trace.path, "-e", "trace=fsync,fdatasync"])
            #expect(run.status == 0)
            return try String(contentsOf: trace, encoding: .utf8).split(separator: "\n").count { $0.contains("sync(") }
        }
        let (few, many) = (try syncs(count: 2), try syncs(count: 12))
        #expect(many - few == 10 * 4)
    }

    @Test func aFullDiskRefusesAndKeepsTheRest() throws {
        let scratch = try Scratch()
        let space = scratch.outboxURL.deletingLastPathComponent().appendingPathComponent("small")
        try FileManager.default.createDirectory(at: space, withIntermediateDirectories: false)
        // Filled, then opened again inside the same namespace, where the file system lives; the second run has no room either, but finds all.
        let script = """
            mount -t tmpfs -o size=1m none "\(space.path)" || exit 90
            "$0" "\(space.path)/outbox" "$2" "$3"
            "$0" "\(space.path)/outbox" 0 1 || exit 91
            cp -r "\(space.path)/outbox" "$1"
            """
        let run = try write(to: scratch, count: 1000, size: 30_000, wrapper: ["unshare", "--map-root-user", "--mount", "sh", "-c", script])
        #expect(run.status == 0)
        #expect(run.refusals == [OutboxError.Code.diskFull.rawValue])
        // Room may come back: a full disk isn't an unknown state.
        #expect(!run.afterwards.contains(OutboxError.Code.failed.rawValue))
        #expect(run.acknowledged.count > 10)
        #expect(run.lines.last == "open")
        try checkDurable(run, in: scratch, size: 30_000)
    }

    @Test func aPayloadBeyondTheFileLimitIsRefused() throws {
        let scratch = try Scratch()
        let run = try write(to: scratch, count: 1, size: 3_000_000, fileLimit: 2_000_000)
        #expect(run.refusals == [OutboxError.Code.diskFull.rawValue])
        try checkDurable(run, in: scratch, size: 3_000_000)
    }
}
