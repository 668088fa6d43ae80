import Synchronization

/// How much of a packet one request brings: about what the line carries within a second, so that a broken one costs little and a fast one isn't kept busy with
/// requests. All uploads over one line share it.
final class PieceSize: Sendable {
    /// bytes. What a line is sent first, that isn't known yet.
    static let first = 128 << 10
    /// bytes. Even a modem brings so many, and an answer, before anybody takes the line for broken.
    static let least = 8 << 10
    /// bytes. Several times as much lies in memory while it is sent.
    static let most = 512 << 10

    private static let quick = Duration.milliseconds(500)
    private static let slow = Duration.seconds(4)

    private let limit: Int
    private let bytes: Mutex<Int>

    /// - Parameter bandwidth: bytes a second that may be sent; a piece is no larger, or a shared line would be taken for as long as one lasts
    init(bandwidth: Int? = nil) {
        limit = min(max(bandwidth ?? Self.most, Self.least), Self.most)
        bytes = Mutex(min(Self.first, limit))
    }

    /// bytes of the next piece
    var value: Int { bytes.withLock(\.self) }

    /// So many bytes were sent and answered.
    func arrived(_ count: Int, within time: Duration) {
        bytes.withLock { bytes in
            if time < Self.quick, count == bytes { bytes = min(bytes * 2, limit) }
            if time > Self.slow { bytes = max(count / 2, Self.least) }
        }
    }

    /// So many bytes weren't answered. That the least aren't either says nothing of their number.
    func broke(_ count: Int) {
        guard count > Self.least else { return }
        bytes.withLock { $0 = min($0, max(count / 2, Self.least)) }
    }
}
