import DeviceLink
import Glibc
import LinkShim
import Testing

struct MemoryFileTests {
    @Test func aFileHoldsWhatWasFilledIn() throws {
        let file = try MemoryFile.make(capacity: 100) { buffer in
            buffer[0] = 7
            return 3
        }
        #expect(file.byteCount == 3)
        #expect(try file.withBytes { Array($0) } == [7, 0, 0])
    }

    @Test func anEmptyFileIsAFile() throws {
        let file = try MemoryFile.copying([])
        #expect(file.byteCount == 0)
        #expect(try file.withBytes { $0.count } == 0)
    }

    @Test func aFileIsWrittenPieceByPieceAndSealed() throws {
        let pieces: [[UInt8]] = [[1, 2], [], Array(repeating: 3, count: 100_000)]
        let file = try MemoryFile.written { append in
            for piece in pieces { try piece.withUnsafeBytes { try append($0) } }
        }
        #expect(kiosk_memfd_is_sealed(file.descriptor) == 1)
        #expect(file.byteCount == 100_002)
        #expect(try file.withBytes { Array($0) } == pieces.flatMap(\.self))
        struct Stop: Error {}
        #expect(throws: Stop.self) { try MemoryFile.written { _ in throw Stop() } }
    }

    @Test func nobodyCanChangeASealedFile() throws {
        let file = try MemoryFile.copying([1, 2, 3])
        #expect(kiosk_memfd_is_sealed(file.descriptor) == 1)
        #expect(pwrite(file.descriptor, [9], 1, 0) == -1 && errno == EPERM)
        #expect(ftruncate(file.descriptor, 2) == -1)
        #expect(ftruncate(file.descriptor, 4) == -1)
        #expect(mmap(nil, 3, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0) == MAP_FAILED)
        #expect(try file.withBytes { Array($0) } == [1, 2, 3])
    }

    @Test func aFailedFillLeavesNoFile() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) { try MemoryFile.make(capacity: 10) { _ in throw Stop() } }
    }

    /// As a host that starts a program while a page is being made. posix_spawn copies no mapping, a library's own fork does; Swift hides the function.
    @Test func aForkWhileAFileIsFilledDoesNotKeepItFromBeingSealed() throws {
        let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: (@convention(c) () -> pid_t).self)
        var child: pid_t = -1
        defer {
            if child > 0 {
                kill(child, SIGKILL)
                waitpid(child, nil, 0)
            }
        }
        let file = try MemoryFile.make(capacity: 3) { _ in
            child = fork()
            if child == 0 {
                // Ends with this process; until then it holds what it inherited.
                _ = kiosk_process_confine()
                while true { pause() }
            }
            return 3
        }
        #expect(child > 0)
        #expect(kiosk_memfd_is_sealed(file.descriptor) == 1)
    }

    @Test func onlySealedMemoryFilesAreTakenOver() throws {
        #expect(throws: MemoryFile.Failure.notSealed) { try MemoryFile(receiving: kiosk_memfd_create("loose")) }
        #expect(throws: MemoryFile.Failure.notSealed) { try MemoryFile(receiving: open("/dev/zero", O_RDONLY)) }
        let sealed = try MemoryFile.copying([5])
        let taken = try MemoryFile(receiving: dup(sealed.descriptor))
        #expect(try taken.withBytes { Array($0) } == [5])
    }
}
