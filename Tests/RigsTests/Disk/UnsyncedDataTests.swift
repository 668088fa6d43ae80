import ForgettingDisk
import Glibc
import Testing

/// What a cut does to the content of files.
struct UnsyncedDataTests {
    private let old = [UInt8](repeating: 0x6F, count: 8 * 4096)
    private let new = [UInt8](repeating: 0x6E, count: 8 * 4096)

    private func durably(_ bytes: [UInt8], _ path: String, in directory: String) throws {
        try FileCalls.write(bytes, to: path, sync: true)
        try FileCalls.fsync(directory)
    }

    @Test func unsyncedWritesAreLostWhollyPartlyTornOrNotAtAll() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<40) { directory in
            try durably(old, "\(directory)/file", in: directory)
            try FileCalls.write(new, to: "\(directory)/file", sync: false)
        } after: { directory in
            try #require(try FileCalls.read("\(directory)/file"))
        }
        for outcome in outcomes {
            #expect(outcome.seen.count == old.count)
            // A sector is the least that is written.
            let sectors = stride(from: 0, to: outcome.seen.count, by: 512).map { Set(outcome.seen[$0..<($0 + 512)]) }
            #expect(sectors.allSatisfy { $0 == [0x6F] || $0 == [0x6E] })
        }
        let lost = outcomes.filter { $0.seen == old }.count
        #expect(lost >= outcomes.count / 5, "nothing survives often")
        #expect(outcomes.contains { $0.seen == new }, "everything survives seldom")
        let pages = outcomes.map { outcome in stride(from: 0, to: old.count, by: 4096).map { Set(outcome.seen[$0..<($0 + 4096)]) } }
        #expect(pages.contains { $0.contains([0x6F, 0x6E]) }, "a page is torn")
        #expect(
            pages.contains { seen in
                guard let early = seen.firstIndex(of: [0x6F]), let late = seen.lastIndex(of: [0x6E]) else { return false }
                return early < late
            }, "a later page survives an earlier one")
        for outcome in outcomes where outcome.seen == old { #expect(outcome.cut.lost[.page] == 8) }
    }

    @Test(arguments: [O_SYNC, O_DSYNC, 0]) func syncedWritesStay(flags: Int32) async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<12) { directory in
            try durably(old, "\(directory)/file", in: directory)
            try FileCalls.write(new, to: "\(directory)/file", at: 4096, sync: flags == 0, flags: flags)
        } after: { directory in
            try FileCalls.read("\(directory)/file")
        }
        for outcome in outcomes {
            #expect(outcome.seen == old[..<4096] + new)
            #expect(outcome.cut.lostNothing)
        }
    }

    @Test func laterWriteSurvivesEarlierOneThatIsLost() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<40) { directory in
            try durably(old, "\(directory)/file", in: directory)
            try FileCalls.write([1], to: "\(directory)/file", at: 0, sync: false)
            try FileCalls.write([2], to: "\(directory)/file", at: 20_000, sync: false)
        } after: { directory in
            let bytes = try #require(try FileCalls.read("\(directory)/file"))
            return [bytes[0], bytes[20_000]]
        }
        #expect(outcomes.contains { $0.seen == [0x6F, 2] })
        #expect(outcomes.contains { $0.seen == [1, 0x6F] })
    }

    @Test func unsyncedGrowthIsLostOrLeavesZeros() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<40) { directory in
            try durably(Array(old[..<5000]), "\(directory)/file", in: directory)
            try FileCalls.write(new, to: "\(directory)/file", at: 5000, sync: false)
        } after: { directory in
            try #require(try FileCalls.read("\(directory)/file"))
        }
        for outcome in outcomes {
            #expect(Array(outcome.seen.prefix(5000)) == Array(old[..<5000]))
            #expect(outcome.seen.count <= 5000 + new.count)
            #expect(outcome.seen.dropFirst(5000).allSatisfy { $0 == 0 || $0 == 0x6E })
        }
        #expect(outcomes.contains { $0.seen.count == 5000 })
        #expect(outcomes.contains { $0.seen.count == 5000 + new.count && $0.seen.contains(0) }, "the size came, the data didn't")
        #expect(outcomes.contains { $0.seen.count > 5000 && $0.seen.count < 5000 + new.count }, "a part came")
    }

    @Test func unsyncedTruncationIsUndone() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<24) { directory in
            try durably(old, "\(directory)/file", in: directory)
            try FileCalls.check("truncate", truncate("\(directory)/file", 100))
        } after: { directory in
            try FileCalls.read("\(directory)/file")
        }
        for outcome in outcomes { #expect(outcome.seen == old || outcome.seen == Array(old[..<100])) }
        #expect(outcomes.contains { $0.seen == old })
        #expect(outcomes.contains { $0.seen?.count == 100 })
    }

    @Test func rewritingInPlaceMayLeaveZeros() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<60) { directory in
            try durably(old, "\(directory)/file", in: directory)
            try FileCalls.write(Array(new[..<9000]), to: "\(directory)/file", sync: false, flags: O_TRUNC)
        } after: { directory in
            try #require(try FileCalls.read("\(directory)/file"))
        }
        #expect(outcomes.contains { $0.seen == old })
        #expect(outcomes.contains { $0.seen == Array(new[..<9000]) })
        #expect(outcomes.contains { $0.seen.contains(0) })
        for outcome in outcomes { #expect(outcome.seen.allSatisfy { [0, 0x6F, 0x6E].contains($0) }) }
    }

    @Test func syncedMappingStaysAndUnsyncedIsLost() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<12) { directory in
            try durably(old, "\(directory)/file", in: directory)
            try FileCalls.withFile("\(directory)/file", O_RDWR) { descriptor in
                let mapping = try #require(mmap(nil, old.count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0))
                #expect(mapping != MAP_FAILED)
                mapping.storeBytes(of: 1, as: UInt8.self)
                try FileCalls.check("msync", msync(mapping, old.count, MS_SYNC))
                mapping.storeBytes(of: 2, toByteOffset: 4096, as: UInt8.self)
                munmap(mapping, old.count)
            }
        } after: { directory in
            let bytes = try #require(try FileCalls.read("\(directory)/file"))
            return [bytes[0], bytes[4096]]
        }
        #expect(outcomes.allSatisfy { $0.seen[0] == 1 })
        #expect(outcomes.contains { $0.seen[1] == 0x6F })
        #expect(outcomes.allSatisfy { [2, 0x6F].contains($0.seen[1]) })
    }

    @Test func sameOperationsAndSeedLeaveTheSame() async throws {
        func run() async throws -> [[UInt8]] {
            let outcomes = try await DiskBed.outcomes(seeds: 0..<16) { directory in
                try durably(old, "\(directory)/file", in: directory)
                try FileCalls.write(new, to: "\(directory)/file", at: 3000, sync: false)
                for name in ["a", "b", "c"] { try FileCalls.write(Array(new[..<6000]), to: "\(directory)/\(name)", sync: name == "b") }
            } after: { directory in
                try FileCalls.names(in: directory).flatMap { name in try Array(name.utf8) + (FileCalls.read("\(directory)/\(name)") ?? []) }
            }
            return outcomes.map(\.seen)
        }
        let first = try await run()
        #expect(try await run() == first)
        #expect(Set(first).count > 4, "seeds differ")
    }
}
