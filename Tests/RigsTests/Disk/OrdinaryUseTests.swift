import Bench
import ForgettingDisk
import Foundation
import Glibc
import Testing

/// What any program expects of a file system.
struct OrdinaryUseTests {
    @Test func openFileOutlivesItsName() async throws {
        try await DiskBed.withDisk { _, mount in
            try FileCalls.withFile("\(mount)/file", O_RDWR | O_CREAT) { descriptor in
                try FileCalls.remove("\(mount)/file")
                try FileCalls.write([1, 2, 3], to: descriptor)
                var status = stat()
                try FileCalls.check("fstat", fstat(descriptor, &status))
                #expect(status.st_size == 3)
                #expect(status.st_nlink == 0)
                try FileCalls.check("ftruncate", ftruncate(descriptor, 2))
                var bytes = [UInt8](repeating: 0, count: 8)
                #expect(pread(descriptor, &bytes, 8, 0) == 2)
            }
            #expect(try FileCalls.names(in: mount).isEmpty)
        }
    }

    @Test func modesOwnersLinksAndTimesAreKept() async throws {
        try await DiskBed.withDisk { disk, mount in
            let before = umask(0o027)
            defer { umask(before) }
            try FileCalls.withFile("\(mount)/file", O_RDWR | O_CREAT, mode: 0o666) { _ in }
            try FileCalls.check("mkdir", mkdir("\(mount)/directory", 0o777))
            #expect(try FileCalls.status("\(mount)/file").st_mode & 0o7777 == 0o640)
            #expect(try FileCalls.status("\(mount)/directory").st_mode & 0o7777 == 0o750)
            #expect(try FileCalls.status("\(mount)/file").st_uid == geteuid())
            try FileCalls.check("symlink", symlink("file", "\(mount)/link"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(mount)/link") == "file")
            try FileCalls.link("\(mount)/file", "\(mount)/directory/second")
            #expect(try FileCalls.status("\(mount)/file").st_nlink == 2)
            #expect(try FileCalls.status("\(mount)/file").st_ino == FileCalls.status("\(mount)/directory/second").st_ino)
            #expect(try FileCalls.status(mount).st_nlink == 3)
            try FileCalls.check("chmod", chmod("\(mount)/file", 0o400))
            var times = [timespec(tv_sec: 1000, tv_nsec: 5), timespec(tv_sec: 2000, tv_nsec: 6)]
            try FileCalls.check("utimensat", utimensat(AT_FDCWD, "\(mount)/file", &times, 0))
            try await disk.recover()
            let status = try FileCalls.status("\(mount)/directory/second")
            #expect(status.st_mode & 0o7777 == 0o400)
            #expect(status.st_mtim.tv_sec == 2000 && status.st_mtim.tv_nsec == 6)
        }
    }

    @Test func largeDirectoryIsListedWhole() async throws {
        try await DiskBed.withDisk { _, mount in
            let names = (0..<1500).map { "a-rather-long-name-of-a-file-\($0)" }
            for name in names { try FileCalls.withFile("\(mount)/\(name)", O_WRONLY | O_CREAT) { _ in } }
            #expect(try FileCalls.names(in: mount) == names.sorted())
            var status = statvfs()
            try FileCalls.check("statvfs", statvfs(mount, &status))
            #expect(status.f_blocks > 0)
        }
    }

    @Test func renamesWithFlagsAndOntoDirectories() async throws {
        try await DiskBed.withDisk { _, mount in
            for name in ["a", "b", "a/inner"] { try FileCalls.makeDirectory("\(mount)/\(name)") }
            try FileCalls.write([1], to: "\(mount)/one", sync: false)
            try FileCalls.write([2], to: "\(mount)/two", sync: false)
            // Swift's Glibc doesn't show it.
            typealias Renameat2 = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
            let renameat2 = unsafeBitCast(try #require(dlsym(nil, "renameat2")), to: Renameat2.self)
            func rename(_ from: String, _ to: String, _ flags: UInt32) throws {
                try FileCalls.check("renameat2", renameat2(AT_FDCWD, "\(mount)/\(from)", AT_FDCWD, "\(mount)/\(to)", flags))
            }
            #expect(throws: FileCalls.Failed(call: "renameat2", errno: EEXIST)) { try rename("one", "two", 1) }
            try rename("one", "two", 2)
            #expect(try FileCalls.read("\(mount)/one") == [2])
            #expect(throws: FileCalls.Failed(call: "renameat2", errno: ENOTEMPTY)) { try rename("b", "a", 0) }
            try rename("a", "b", 0)
            #expect(try FileCalls.names(in: mount) == ["b", "one", "two"])
            #expect(throws: FileCalls.Failed(call: "rmdir", errno: ENOTEMPTY)) { try FileCalls.removeDirectory("\(mount)/b") }
        }
    }

    @Test func unmountingForgetsNothing() async throws {
        try await DiskBed.withDisk { disk, mount in
            try FileCalls.write([1], to: "\(mount)/file", sync: false)
            try FileCalls.write([2], to: "\(mount)/gone", sync: true)
            try FileCalls.fsync(mount)
            try FileCalls.remove("\(mount)/gone")
            try await disk.unmount()
            #expect(try FileCalls.names(in: mount).isEmpty)
            try await disk.mount()
            #expect(try FileCalls.names(in: mount) == ["file"])
        }
    }

    @Test func killedDiskLeavesNoMount() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        for name in ["backing", "mount"] { try FileCalls.makeDirectory(root.appending(path: name).path) }
        let mount = root.appending(path: "mount").path
        let process = try await BenchProcess.start(
            .init(
                BenchLayout.built("forgetfs"),
                ["--backing", root.appending(path: "backing").path, "--control", root.appending(path: "control").path, mount],
                environment: ProcessInfo.processInfo.environment)
        ) { _ in }
        func isMounted() throws -> Bool { try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).contains(" \(mount) ") }
        try await Poll.until("the mount") { try isMounted() ? .there(()) : .notYet("none") }
        try FileCalls.write([1], to: "\(mount)/file", sync: false)
        process.send(SIGKILL)
        #expect(await process.wait() == .signal(SIGKILL))
        try await Poll.until("the end of the mount") { try isMounted() ? .notYet("it is there") : .there(()) }
        // And whoever takes over finds everything.
        let disk = try ForgettingDisk(directory: root)
        try await disk.mount()
        #expect(try FileCalls.read("\(mount)/file") == [1])
        try await disk.unmount()
    }

    @Test func wrongArgumentsEndWithTheirCode() async throws {
        let expected: [(arguments: [String], code: Int32)] = [
            ([], 64), (["--nonsense"], 64), (["--backing", "/nowhere", "--control", "/tmp/c", "/tmp"], 66), (["--help"], 0),
        ]
        for (arguments, code) in expected {
            let process = try await BenchProcess.start(.init(BenchLayout.built("forgetfs"), arguments, environment: [:])) { _ in }
            #expect(await process.wait() == .exit(code))
        }
    }
}
