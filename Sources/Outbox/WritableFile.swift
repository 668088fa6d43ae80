internal import Foundation
internal import Glibc
internal import Synchronization
#if MUTANTS
    internal import Mutants
#endif

/// A file that is written from its beginning to its end, and then closed.
final class WritableFile: Sendable {
    /// bytes that the kernel is asked to write out at once
    private static let stretch = 1 << 20

    private struct State {
        var descriptor: Int32
        /// bytes
        var written = 0
        /// Of these, what the kernel has begun to write out.
        var begun = 0
    }

    private let state: Mutex<State>
    private let name: String

    init(owning descriptor: Int32, name: String) {
        state = Mutex(State(descriptor: descriptor))
        self.name = name
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    func write(_ chunk: Data) throws {
        try state.withLock { state in
            try chunk.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Glibc.write(state.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if written < 0 {
                        if errno == EINTR { continue }
                        throw OutboxError.system("write", of: name)
                    }
                    rest = rest.dropFirst(written)
                }
            }
            state.written += chunk.count
        }
    }

    /// Has the kernel begin with what was written: it writes out what is said to be of no more use. How that went `synchronize` tells.
    func beginWriteOut() {
        state.withLock { state in
            let end = state.written / Self.stretch * Self.stretch
            guard end > state.begun else { return }
            _ = posix_fadvise(state.descriptor, off_t(state.begun), off_t(end - state.begun), POSIX_FADV_DONTNEED)
            state.begun = end
        }
    }

    /// Brings the bytes to the disk and closes the file. A failed fsync is final: the kernel may have dropped the pages,
    /// so asking again would be answered with a success that isn't one.
    func synchronizeAndClose() throws {
        try state.withLock { state in
            defer {
                close(state.descriptor)
                state.descriptor = -1
            }
            #if MUTANTS
                if Mutant.noFileFsync.isAwake { return }
            #endif
            guard fsync(state.descriptor) == 0 else { throw OutboxError.system("fsync", of: name) }
        }
    }
}
