internal import Glibc
internal import LinkShim

/// Bytes in a sealed memfd: a page, a PDF, a preview. They live in memory, pass between processes by descriptor without a copy,
/// can't be changed by whoever holds them, and are gone when the last holder lets go.
public final class MemoryFile: Sendable {
    /// Owned: closed with this object.
    public let descriptor: Int32
    /// bytes
    public let byteCount: Int

    public enum Failure: Error, Equatable {
        /// A system call failed with this errno.
        case system(call: String, code: Int32)
        /// A received file isn't a memfd with all four seals.
        case notSealed
    }

    private init(owning descriptor: Int32, byteCount: Int) {
        self.descriptor = descriptor
        self.byteCount = byteCount
    }

    deinit {
        close(descriptor)
    }

    /// Makes a file of at most `capacity` bytes, lets `fill` write into its mapping, cuts it to the count that `fill` returns, and seals it.
    public static func make(capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> MemoryFile {
        let descriptor = kiosk_memfd_create("kiosk-page")
        guard descriptor >= 0 else { throw Failure.system(call: "memfd_create", code: -descriptor) }
        var owned = true
        defer { if owned { close(descriptor) } }
        guard ftruncate(descriptor, capacity) == 0 else { throw Failure.system(call: "ftruncate", code: errno) }
        var used = 0
        if capacity > 0 {
            let mapped = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
            guard let mapped, mapped != MAP_FAILED else { throw Failure.system(call: "mmap", code: errno) }
            defer { munmap(mapped, capacity) }
            // A process that is forked meanwhile would inherit the mapping, and the file couldn't be sealed (EBUSY) until it executes another program.
            guard madvise(mapped, capacity, MADV_DONTFORK) == 0 else { throw Failure.system(call: "madvise", code: errno) }
            used = try fill(UnsafeMutableRawBufferPointer(start: mapped, count: capacity))
            precondition((0...capacity).contains(used), "a filled count lies within the capacity")
        }
        guard ftruncate(descriptor, used) == 0 else { throw Failure.system(call: "ftruncate", code: errno) }
        let sealed = kiosk_memfd_seal(descriptor)
        guard sealed >= 0 else { throw Failure.system(call: "fcntl(F_ADD_SEALS)", code: -sealed) }
        owned = false
        return MemoryFile(owning: descriptor, byteCount: used)
    }

    /// Makes a file of what `body` appends piece by piece through a buffer of its own, and seals it. The kernel takes whole pages at a write, where a
    /// mapping costs a fault for each: a page of A4 in colour at 300 dpi is written in half the time. Memory that runs out is an error, and not SIGBUS.
    public static func written(_ body: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws -> MemoryFile {
        let descriptor = kiosk_memfd_create("kiosk-page")
        guard descriptor >= 0 else { throw Failure.system(call: "memfd_create", code: -descriptor) }
        var owned = true
        defer { if owned { close(descriptor) } }
        var used = 0
        try body { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = write(descriptor, start, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Failure.system(call: "write", code: errno) }
                used += count
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
        let sealed = kiosk_memfd_seal(descriptor)
        guard sealed >= 0 else { throw Failure.system(call: "fcntl(F_ADD_SEALS)", code: -sealed) }
        owned = false
        return MemoryFile(owning: descriptor, byteCount: used)
    }

    public static func copying(_ bytes: some Collection<UInt8>) throws -> MemoryFile {
        try make(capacity: bytes.count) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// Takes over a descriptor that came from another process, which may lie: seals and size are checked before any byte is read.
    /// On failure the descriptor is closed.
    public init(receiving descriptor: Int32) throws {
        guard kiosk_memfd_is_sealed(descriptor) == 1 else {
            close(descriptor)
            throw Failure.notSealed
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Failure.system(call: "fstat", code: code)
        }
        self.descriptor = descriptor
        self.byteCount = Int(status.st_size)
    }

    /// Maps the bytes read-only for the length of the call.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard byteCount > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        // Private: before Linux 6.7 a write-sealed file can't be mapped shared, not even to read. Nothing is copied, since nothing is written.
        let mapped = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw Failure.system(call: "mmap", code: errno) }
        defer { munmap(mapped, byteCount) }
        return try body(UnsafeRawBufferPointer(start: mapped, count: byteCount))
    }
}
