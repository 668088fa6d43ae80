import Foundation

/// A new file for its owner alone: with mode 0600 from its first byte on, and never in the place of another.
enum PrivateFile {
    /// Durable on return, with its name.
    /// - Parameter refusal: makes the error out of an errno
    static func write(_ bytes: Data, to file: URL, refusal: (Int32) -> any Error) throws {
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw refusal(errno) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: bytes)
        try handle.synchronize()
        try handle.close()
        let directory = open(file.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw refusal(errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw refusal(errno) }
    }
}
