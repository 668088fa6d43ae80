import Bench
import ForgettingDisk
import Glibc
import Synchronization
import Testing

/// Errors and slowness by rule.
struct DiskRuleTests {
    @Test func fullDiskRefusesWritesByPathAndCount() async throws {
        try await DiskBed.withDisk { disk, mount in
            try await disk.add(DiskRule(.write, path: "*.sealed", after: 1, times: 2, failure: .noSpace))
            try FileCalls.write([1], to: "\(mount)/other", sync: true)
            try FileCalls.write([1], to: "\(mount)/a.sealed", sync: true)
            for _ in 0..<2 {
                #expect(throws: FileCalls.Failed(call: "write", errno: ENOSPC)) { try FileCalls.write([2], to: "\(mount)/a.sealed", sync: true) }
            }
            #expect(try FileCalls.read("\(mount)/a.sealed") == [1])
            try FileCalls.write([3], to: "\(mount)/a.sealed", sync: true)
            #expect(try FileCalls.read("\(mount)/a.sealed") == [3])
        }
    }

    @Test(arguments: [DiskRule.Operation.read, .open, .create, .mkdir, .rename, .unlink, .any])
    func operationFailsUntilTheRulesAreCleared(operation: DiskRule.Operation) async throws {
        try await DiskBed.withDisk { disk, mount in
            try FileCalls.write([1], to: "\(mount)/file", sync: true)
            // Read anew, not from the kernel's memory.
            try await disk.recover()
            func all() throws {
                _ = try FileCalls.read("\(mount)/file")
                try FileCalls.write([1], to: "\(mount)/new", sync: true)
                try FileCalls.makeDirectory("\(mount)/directory")
                try FileCalls.rename("\(mount)/new", "\(mount)/newer")
                try FileCalls.remove("\(mount)/newer")
            }
            try await disk.add(DiskRule(operation, failure: .inputOutput))
            #expect { try all() } throws: { ($0 as? FileCalls.Failed)?.errno == EIO }
            try await disk.clearRules()
            try await disk.recover()
            for name in try FileCalls.names(in: mount) where name != "file" { #expect(remove("\(mount)/\(name)") == 0) }
            try all()
        }
    }

    @Test func failedFsyncIsFollowedByOneThatLies() async throws {
        for seed in UInt64(0)..<12 {
            try await DiskBed.withDisk { disk, mount in
                try FileCalls.write([1, 1], to: "\(mount)/file", sync: true)
                try FileCalls.fsync(mount)
                try await disk.add(DiskRule(.fsync, times: 1, failure: .inputOutput))
                try FileCalls.withFile("\(mount)/file", O_RDWR) { descriptor in
                    try FileCalls.write([2, 2], to: descriptor)
                    #expect(throws: FileCalls.Failed(call: "fsync", errno: EIO)) { try FileCalls.fsync(descriptor) }
                    try FileCalls.fsync(descriptor)
                }
                #expect(try FileCalls.read("\(mount)/file") == [2, 2], "the page cache still has it")
                try await disk.cut(afterOperations: 0, seed: seed)
                try await disk.recover()
                #expect(try FileCalls.read("\(mount)/file") == [1, 1])
            }
        }
    }

    @Test func writingAnewAfterAFailedFsyncHelps() async throws {
        try await DiskBed.withDisk { disk, mount in
            try FileCalls.write([1, 1], to: "\(mount)/file", sync: true)
            try FileCalls.fsync(mount)
            try await disk.add(DiskRule(.fsync, times: 1, failure: .inputOutput))
            #expect(throws: FileCalls.Failed.self) { try FileCalls.write([2, 2], to: "\(mount)/file", sync: true) }
            try FileCalls.write([3, 3], to: "\(mount)/file", sync: true)
            try await disk.cut(afterOperations: 0, seed: 0)
            try await disk.recover()
            #expect(try FileCalls.read("\(mount)/file") == [3, 3])
        }
    }

    @Test func failedFsyncOfADirectoryLeavesItUnsynced() async throws {
        try await DiskBed.withDisk { disk, mount in
            try await disk.add(DiskRule(.fsyncdir, times: 1, failure: .inputOutput))
            try FileCalls.write([1], to: "\(mount)/file", sync: true)
            #expect(throws: FileCalls.Failed(call: "fsync", errno: EIO)) { try FileCalls.fsync(mount) }
            try FileCalls.fsync(mount)
            try await disk.cut(afterOperations: 0, seed: 1)
            try await disk.recover()
            #expect(try FileCalls.read("\(mount)/file") == [1])
        }
    }

    @Test func slowFileHoldsNobodyElseUp() async throws {
        // If the fsync slept with the disk's lock held, a write or two could get in just before it, and no more however long it sleeps.
        // On a busy machine a longer sleep gives the others their time.
        var beside = 0
        for delay in [Duration.milliseconds(1500), .seconds(6), .seconds(24)] where beside < 10 {
            beside = try await writesBesideASlowFsync(of: delay)
        }
        #expect(beside >= 10)
    }

    /// How many writes of one file begin and end while another one's fsync takes so long.
    private func writesBesideASlowFsync(of delay: Duration) async throws -> Int {
        try await DiskBed.withDisk { disk, mount in
            try await disk.add(DiskRule(.fsync, path: "slow", times: 1, delay: delay))
            let slowEnd = Mutex<ContinuousClock.Instant?>(nil)
            let start = ContinuousClock.now
            let slow = Task.detached {
                defer { slowEnd.withLock { $0 = .now } }
                try FileCalls.write([1], to: "\(mount)/slow", sync: true)
            }
            let _: Bool = try await Poll.until("the slow file to be made and written, so that its fsync is next") {
                let operations = try await disk.operations()
                return operations >= 2 ? .there(true) : .notYet("\(operations) operations")
            }
            var ends: [ContinuousClock.Instant] = []
            while slowEnd.withLock({ $0 }) == nil {
                try FileCalls.write([1], to: "\(mount)/quick", sync: true)
                ends.append(.now)
            }
            try await slow.value
            let end = try #require(slowEnd.withLock { $0 })
            #expect(end - start >= delay)
            return ends.count { $0 < end }
        }
    }

    @Test func nonsenseIsRefusedWithAReason() async throws {
        try await DiskBed.withDisk { disk, _ in
            await #expect { try await disk.add(DiskRule(.write)) } throws: { "\($0)".contains("a rule needs an error or a delay") }
            await #expect { try await disk.add(DiskRule(.write, path: "with space", failure: .noSpace)) } throws: { "\($0)".contains("key=value") }
        }
    }
}
