import Bench
import ForgettingDisk
import Foundation
import Synchronization
import Testing

/// A real database on the disk: what promises durability keeps it, what doesn't is caught.
struct SQLiteTests {
    /// Commits rows one after the other and prints each number once its commit has returned; two connections, so that the shared index is used.
    private static let writer = """
        import os, sqlite3, sys
        path, synchronous, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
        connections = [sqlite3.connect(path, timeout=20) for _ in range(2)]
        for c in connections:
            c.execute("pragma journal_mode=wal")
            c.execute("pragma synchronous=" + synchronous)
            c.execute("pragma wal_autocheckpoint=20")
        connections[0].execute("create table if not exists t(i integer primary key, b blob)")
        connections[0].commit()
        try:
            for i in range(first, first + 10000):
                c = connections[i % 2]
                c.execute("insert into t values(?, ?)", (i, i.to_bytes(8, "big") * 300))
                c.commit()
                print(i, flush=True)
        except sqlite3.Error as error:
            print(error, file=sys.stderr)
            os._exit(3)
        """

    /// Prints the rows that are whole, or fails.
    private static let reader = """
        import sqlite3, sys
        c = sqlite3.connect(sys.argv[1])
        check = c.execute("pragma integrity_check").fetchone()[0]
        if check != "ok":
            print("damaged"), sys.exit(1)
        for i, b in c.execute("select i, b from t"):
            if b == i.to_bytes(8, "big") * 300:
                print(i)
        """

    private func python(_ program: String, _ arguments: [String]) async throws -> (end: BenchProcess.End, numbers: Set<Int>) {
        let output = Mutex("")
        let process = try await BenchProcess.start(
            .init("/usr/bin/env", ["python3", "-c", program] + arguments, environment: ProcessInfo.processInfo.environment)
        ) { bytes in output.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        let end = await process.wait()
        return (end, Set(output.withLock { $0 }.split(separator: "\n").compactMap { Int($0) }))
    }

    /// - Returns: committed rows that are gone, over all cuts; stops at the first cut that lost one
    private func lostCommits(synchronous: String, cuts: Int) async throws -> (lost: Int, committed: Int) {
        try await DiskBed.withDisk { disk, mount in
            var committed: Set<Int> = []
            for cut in 0..<cuts {
                // A database of its own for each cut: after damage it can't be gone on with.
                let path = "\(mount)/\(synchronous)-\(cut / 4).db"
                if cut % 4 == 0 { committed = [] }
                try await disk.cut(afterOperations: 60 + cut * 37, seed: UInt64(cut))
                let written = try await python(Self.writer, [path, synchronous, String((committed.max() ?? 0) + 1)])
                #expect(written.end == .exit(3) || written.end == .exit(1), "the power went: \(written.end)")
                committed.formUnion(written.numbers)
                _ = try await disk.waitForCut()
                try await disk.recover()
                guard !committed.isEmpty else { continue }
                let found = try await python(Self.reader, [path])
                let lost = committed.subtracting(found.numbers)
                if !lost.isEmpty { return (lost.count, committed.count) }
            }
            return (0, committed.count)
        }
    }

    @Test func fullySynchronousKeepsEveryCommit() async throws {
        let (lost, committed) = try await lostCommits(synchronous: "full", cuts: 16)
        #expect(lost == 0)
        #expect(committed > 10)
    }

    @Test func notSynchronousIsCaught() async throws {
        let (lost, _) = try await lostCommits(synchronous: "off", cuts: 40)
        #expect(lost > 0)
    }
}
