import Foundation

/// A new file for its owner alone: with mode 0600, never in the place of another, and whole or not there at all.
enum PrivateFile {
    /// Durable on return, with its name.
    /// - Parameter refusal: makes the error out of an errno
    static func write(_ bytes: Data, to file: URL, refusal: (Int32) -> any Error) throws {
        let directory = file.deletingLastPathComponent()
        let draft = directory.appendingPathComponent(".\(UUID().uuidString)")
        let descriptor = open(draft.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw refusal(errno) }
        defer { unlink(draft.path) }
        let failure = write(bytes, to: descriptor)
        close(descriptor)
        if let failure { throw refusal(failure) }
        // Under its name only when it is whole; `link` refuses to replace one.
        guard link(draft.path, file.path) == 0 else { throw refusal(errno) }
        let handle = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw refusal(errno) }
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw refusal(errno) }
    }

    /// - Returns: an errno
    private static func write(_ bytes: Data, to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return errno }
            rest = rest.dropFirst(count)
        }
        return fsync(descriptor) == 0 ? nil : errno
    }
}
