import Foundation
import Glibc

/// System calls that throw: what a program does to a disk, with nothing of Foundation's own in between.
enum FileCalls {
    struct Failed: Error, Equatable, CustomStringConvertible {
        var call: String
        var errno: Int32

        var description: String { "\(call): \(String(cString: strerror(errno)))" }
    }

    @discardableResult
    static func check(_ call: String, _ status: Int32) throws -> Int32 {
        guard status >= 0 else { throw Failed(call: call, errno: errno) }
        return status
    }

    static func withFile<Value>(_ path: String, _ flags: Int32, mode: mode_t = 0o644, _ body: (Int32) throws -> Value) throws -> Value {
        let descriptor = try check("open", open(path, flags | O_CLOEXEC, mode))
        defer { close(descriptor) }
        return try body(descriptor)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int = 0) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done)) }
            guard count > 0 else { throw Failed(call: "write", errno: errno) }
            done += count
        }
    }

    /// Makes the file when it isn't there.
    static func write(_ bytes: [UInt8], to path: String, at offset: Int = 0, sync: Bool, flags: Int32 = 0) throws {
        try withFile(path, O_RDWR | O_CREAT | flags) { descriptor in
            try write(bytes, to: descriptor, at: offset)
            if sync { try fsync(descriptor) }
        }
    }

    static func fsync(_ descriptor: Int32) throws { try check("fsync", Glibc.fsync(descriptor)) }

    /// Of a file or a directory.
    static func fsync(_ path: String) throws { try withFile(path, O_RDONLY) { try fsync($0) } }

    /// Nil when there is no such file.
    static func read(_ path: String) throws -> [UInt8]? {
        do {
            return try withFile(path, O_RDONLY) { descriptor in
                var bytes = [UInt8](repeating: 0, count: 1 << 20)
                var total = 0
                while true {
                    let count = bytes[total...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
                    try check("read", Int32(count))
                    if count == 0 { return Array(bytes[..<total]) }
                    total += count
                }
            }
        } catch let error as Failed where error.errno == ENOENT {
            return nil
        }
    }

    static func status(_ path: String) throws -> stat {
        var status = stat()
        try check("stat", lstat(path, &status))
        return status
    }

    /// Sorted, without `.` and `..`.
    static func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    static func makeDirectory(_ path: String) throws { try check("mkdir", mkdir(path, 0o755)) }
    static func rename(_ from: String, _ to: String) throws { try check("rename", Glibc.rename(from, to)) }
    static func remove(_ path: String) throws { try check("unlink", unlink(path)) }
    static func removeDirectory(_ path: String) throws { try check("rmdir", rmdir(path)) }
    static func link(_ from: String, _ to: String) throws { try check("link", Glibc.link(from, to)) }
}
