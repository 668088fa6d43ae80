internal import Crypto
internal import Dispatch
internal import Foundation
internal import Synchronization

/// SHA-256 of a stream that somebody else is busy making: of a long one on a thread of its own, so that sealing and writing go on meanwhile.
final class StreamDigest: Sendable {
    private let hash = Mutex(SHA256())
    private let queue = DispatchQueue(label: "outbox.digest")
    /// Pieces that may lie there undigested.
    private let places = DispatchSemaphore(value: 16)

    /// - Parameter aside: returns before the piece is digested, unless many wait already; a few kilobytes aren't worth waking a thread
    func update(_ piece: Data, aside: Bool) {
        guard aside else { return queue.sync { digest(piece) } }
        places.wait()
        queue.async { [self] in
            digest(piece)
            places.signal()
        }
    }

    /// Of everything so far; it may go on behind it.
    var value: SHA256.Digest { queue.sync { hash.withLock { $0.finalize() } } }

    private func digest(_ piece: Data) {
        hash.withLock { $0.update(data: piece) }
    }
}
