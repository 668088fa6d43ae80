internal import Dispatch
internal import Foundation
internal import Synchronization

/// Writes to a file on a thread of its own, some pieces at a time, while others are being made.
final class AsideWriter {
    /// bytes that are handed over together: for less a thread isn't woken
    private static let portion = 256 << 10
    /// Portions that may lie there unwritten.
    private static let places = 4

    private let hand: Hand
    private var pieces: [Data] = []
    private var byteCount = 0

    /// - Parameter file: nobody else's until `finish` has returned
    init(_ file: WritableFile) {
        hand = Hand(file)
    }

    /// One that wasn't finished writes nothing more.
    deinit { hand.stop() }

    /// Returns before the piece is written, unless much waits already.
    /// - Throws: what befell an earlier piece
    func write(_ piece: Data) throws {
        pieces.append(piece)
        byteCount += piece.count
        if byteCount >= Self.portion { try handOver() }
    }

    /// Returns when everything is written.
    func finish() throws {
        try handOver()
        try hand.rest()
    }

    private func handOver() throws {
        try hand.take(pieces)
        pieces = []
        byteCount = 0
    }

    private final class Hand: Sendable {
        private let file: WritableFile
        private let failure = Mutex<(any Error)?>(nil)
        private let queue = DispatchQueue(label: "outbox.writer")
        private let free = DispatchSemaphore(value: AsideWriter.places)

        init(_ file: WritableFile) {
            self.file = file
        }

        func take(_ pieces: [Data]) throws {
            try check()
            free.wait()
            queue.async { [self] in
                write(pieces)
                free.signal()
            }
        }

        func rest() throws {
            queue.sync {}
            try check()
        }

        /// Returns when nobody writes any more.
        func stop() {
            failure.withLock { $0 = $0 ?? CancellationError() }
            queue.sync {}
        }

        private func check() throws {
            if let error = failure.withLock(\.self) { throw error }
        }

        private func write(_ pieces: [Data]) {
            // Behind a gap nothing may follow.
            guard failure.withLock({ $0 == nil }) else { return }
            do {
                for piece in pieces { try file.write(piece) }
                file.beginWriteOut()
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }
}
