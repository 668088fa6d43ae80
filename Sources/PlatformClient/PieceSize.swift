import Synchronization

/// How much of a packet one request brings: what the line carries within a second or two, so that a broken one costs little and a fast one isn't kept busy with
/// requests. All uploads over one line share it.
final class PieceSize: Sendable {
    /// bytes. What a line is sent first, that isn't known yet.
    static let first = 128 << 10
    /// bytes. Even a modem brings so many, and an answer, before anybody takes the line for broken.
    static let least = 8 << 10
    /// bytes. Several times as much lies in memory while it is sent.
    static let most = 512 << 10
    /// bytes. A line that is merely slow gets no smaller ones: each is an fsync and a transaction at a platform, which may be what is slow.
    static let leastOfASlowLine = 32 << 10

    /// Twice as much takes no longer than `slow`.
    private static let quick = Duration.seconds(2)
    private static let slow = Duration.seconds(5)

    private let range: ClosedRange<Int>
    private let bytes: Mutex<Int>

    /// - Parameter bandwidth: bytes a second that may be sent; a piece is no larger, or a shared line would be taken for as long as one lasts
    init(bandwidth: Int? = nil) {
        range = Self.least...min(max(bandwidth ?? Self.most, Self.least), Self.most)
        bytes = Mutex(min(Self.first, range.upperBound))
    }

    /// One that stays as it is.
    init(always count: Int) {
        range = count...count
        bytes = Mutex(count)
    }

    /// bytes of the next piece
    var value: Int { bytes.withLock(\.self) }

    /// So many bytes were sent and taken. Only a whole piece tells of the line: with the last of a packet the platform decides on it.
    func arrived(_ count: Int, within time: Duration) {
        bytes.withLock { bytes in
            guard count == bytes else { return }
            if time < Self.quick { bytes = min(bytes * 2, range.upperBound) }
            if time > Self.slow { bytes = max(bytes / 2, min(bytes, Self.leastOfASlowLine), range.lowerBound) }
        }
    }

    /// So many bytes weren't answered. That the least aren't either says nothing of their number; nor does what was under way before it was made smaller.
    func broke(_ count: Int) {
        bytes.withLock { bytes in
            guard count > Self.least, count <= bytes else { return }
            bytes = max(bytes / 2, range.lowerBound)
        }
    }
}
