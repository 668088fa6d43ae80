import ForgettingDisk
import Glibc
import Testing

/// What a cut does to names.
struct UnsyncedEntriesTests {
    private let content: [UInt8] = Array("sealed".utf8)

    @Test func fileIsThereForCertainOnlyOnceItsDirectoryIsSynced() async throws {
        func fates(syncing: Bool) async throws -> [[UInt8]?] {
            try await DiskBed.outcomes { directory in
                try FileCalls.write(content, to: "\(directory)/file", sync: true)
                if syncing { try FileCalls.fsync(directory) }
            } after: { directory in
                try FileCalls.read("\(directory)/file")
            }.map(\.seen)
        }
        #expect(try await fates(syncing: true).allSatisfy { $0 == content })
        let unsynced = try await fates(syncing: false)
        #expect(unsynced.contains(nil))
        #expect(unsynced.contains(content))
        #expect(unsynced.allSatisfy { $0 == nil || $0 == content }, "where the name is, the fsynced content is")
    }

    @Test func renameIsUndoneOrNotButNeverHalf() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            try FileCalls.write(content, to: "\(directory)/partial", sync: true)
            try FileCalls.write([1], to: "\(directory)/final", sync: true)
            try FileCalls.fsync(directory)
            try FileCalls.rename("\(directory)/partial", "\(directory)/final")
        } after: { directory in
            try ["partial", "final"].map { try FileCalls.read("\(directory)/\($0)") }
        }
        #expect(outcomes.allSatisfy { $0.seen == [content, [1]] || $0.seen == [nil, content] })
        #expect(outcomes.contains { $0.seen == [content, [1]] && $0.cut.lost[.rename] == 1 })
        #expect(outcomes.contains { $0.seen == [nil, content] && $0.cut.kept[.rename] == 1 })
    }

    @Test func renameStaysAfterFsyncOfTheDirectory() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            try FileCalls.write(content, to: "\(directory)/partial", sync: true)
            try FileCalls.rename("\(directory)/partial", "\(directory)/final")
            try FileCalls.fsync(directory)
        } after: { directory in
            try FileCalls.names(in: directory)
        }
        #expect(outcomes.allSatisfy { $0.seen == ["final"] && $0.cut.lostNothing })
    }

    @Test func removedFileComesBack() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            try FileCalls.write(content, to: "\(directory)/file", sync: true)
            try FileCalls.write(content, to: "\(directory)/other", sync: true)
            try FileCalls.fsync(directory)
            try FileCalls.remove("\(directory)/other")
            try FileCalls.fsync(directory)
            try FileCalls.remove("\(directory)/file")
        } after: { directory in
            #expect(try FileCalls.read("\(directory)/other") == nil)
            return try FileCalls.read("\(directory)/file")
        }
        #expect(outcomes.contains { $0.seen == content && $0.cut.lost[.unlink] == 1 })
        #expect(outcomes.contains { $0.seen == nil })
        #expect(outcomes.allSatisfy { $0.seen == content || $0.seen == nil })
    }

    @Test func changesOfOneDirectoryAreLostInAnyOrder() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<40) { directory in
            for name in ["a", "b"] { try FileCalls.write(content, to: "\(directory)/\(name)", sync: true) }
        } after: { directory in
            try FileCalls.names(in: directory)
        }
        #expect(Set(outcomes.map(\.seen)) == [[], ["a"], ["b"], ["a", "b"]])
    }

    @Test func syncedFileInUnsyncedDirectoryIsLostWithIt() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            try FileCalls.makeDirectory("\(directory)/inner")
            try FileCalls.write(content, to: "\(directory)/inner/file", sync: true)
            try FileCalls.fsync("\(directory)/inner")
        } after: { directory in
            try FileCalls.names(in: directory).isEmpty ? nil : FileCalls.names(in: "\(directory)/inner")
        }
        #expect(outcomes.contains { $0.seen == nil && $0.cut.lost[.mkdir] == 1 })
        #expect(outcomes.allSatisfy { $0.seen == nil || $0.seen == ["file"] })
        #expect(outcomes.contains { $0.seen == ["file"] })
    }

    @Test func renameBetweenDirectoriesIsOneChange() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            for name in ["from", "to"] { try FileCalls.makeDirectory("\(directory)/\(name)") }
            try FileCalls.write(content, to: "\(directory)/from/file", sync: true)
            for name in ["/from", "/to", ""] { try FileCalls.fsync(directory + name) }
            try FileCalls.rename("\(directory)/from/file", "\(directory)/to/file")
        } after: { directory in
            try ["from", "to"].map { try FileCalls.read("\(directory)/\($0)/file") }
        }
        #expect(outcomes.allSatisfy { $0.seen == [content, nil] || $0.seen == [nil, content] })
        #expect(Set(outcomes.map { $0.seen[0] == nil }).count == 2)
    }

    @Test func renameIntoAnUnsyncedDirectoryNeverLosesBothNames() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            try FileCalls.write(content, to: "\(directory)/file", sync: true)
            try FileCalls.fsync(directory)
            try FileCalls.makeDirectory("\(directory)/new")
            try FileCalls.rename("\(directory)/file", "\(directory)/new/file")
        } after: { directory in
            try ["file", "new/file"].map { try FileCalls.read("\(directory)/\($0)") }
        }
        #expect(outcomes.allSatisfy { $0.seen == [content, nil] || $0.seen == [nil, content] })
    }

    @Test func removedTreeComesBackAsFarAsItWasLost() async throws {
        let outcomes = try await DiskBed.outcomes(seeds: 0..<40) { directory in
            try FileCalls.makeDirectory("\(directory)/tree")
            for name in ["a", "b"] { try FileCalls.write(content, to: "\(directory)/tree/\(name)", sync: true) }
            for name in ["/tree", ""] { try FileCalls.fsync(directory + name) }
            for name in ["a", "b"] { try FileCalls.remove("\(directory)/tree/\(name)") }
            try FileCalls.removeDirectory("\(directory)/tree")
        } after: { directory in
            try FileCalls.names(in: directory).isEmpty ? nil : FileCalls.names(in: "\(directory)/tree")
        }
        #expect(Set(outcomes.map(\.seen)).isSuperset(of: [nil, ["a", "b"], ["b"]]))
    }

    @Test func hardLinkIsLostAndTheFileStays() async throws {
        let outcomes = try await DiskBed.outcomes { directory in
            try FileCalls.write(content, to: "\(directory)/one", sync: true)
            try FileCalls.fsync(directory)
            try FileCalls.link("\(directory)/one", "\(directory)/two")
        } after: { directory in
            #expect(try FileCalls.read("\(directory)/one") == content)
            return try FileCalls.status("\(directory)/one").st_nlink
        }
        #expect(Set(outcomes.map(\.seen)) == [1, 2])
    }

    @Test func cutComesAfterSoManyOperations() async throws {
        try await DiskBed.withDisk { disk, mount in
            try await disk.cut(afterOperations: 3, seed: 7)
            // Making and writing are two operations, the fsync the third: it succeeds, and power is gone.
            try FileCalls.write(content, to: "\(mount)/file", sync: true)
            #expect(throws: FileCalls.Failed(call: "mkdir", errno: EIO)) { try FileCalls.makeDirectory("\(mount)/late") }
            #expect(throws: FileCalls.Failed(call: "stat", errno: EIO)) { try FileCalls.status("\(mount)/file") }
            #expect(throws: FileCalls.Failed(call: "open", errno: EIO)) { try FileCalls.fsync(mount) }
            let cut = try await disk.waitForCut()
            #expect(cut.operations == 3)
            try await disk.recover()
            try FileCalls.makeDirectory("\(mount)/late")
        }
    }
}
