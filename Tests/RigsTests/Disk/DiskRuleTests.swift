import Bench
import ForgettingDisk
import Glibc
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
        try await DiskBed.withDisk { disk, mount in
            try await disk.add(DiskRule(.fsync, path: "slow", times: 1, delay: .milliseconds(1500)))
            let clock = ContinuousClock()
            let start = clock.now
            let slow = Task.detached {
                try FileCalls.write([1], to: "\(mount)/slow", sync: true)
                return clock.now
            }
            try FileCalls.write([1], to: "\(mount)/quick", sync: true)
            let quickEnd = clock.now
            let slowEnd = try await slow.value
            #expect(slowEnd - start >= .milliseconds(1500))
            #expect(quickEnd < slowEnd)
        }
    }

    @Test func nonsenseIsRefusedWithAReason() async throws {
        try await DiskBed.withDisk { disk, _ in
            await #expect { try await disk.add(DiskRule(.write)) } throws: { "\($0)".contains("a rule needs an error or a delay") }
            await #expect { try await disk.add(DiskRule(.write, path: "with space", failure: .noSpace)) } throws: { "\($0)".contains("key=value") }
        }
    }
}
