/// The line to the platform, as far as the uploads that share it must know of each other.
struct PlatformLine: Sendable {
    let throttle: Throttle?
    let pieceSize: PieceSize

    /// - Parameter bandwidth: bytes a second that all uploads together may send; nil for what the line takes
    init(bandwidth: Int? = nil) {
        throttle = bandwidth.map { Throttle(bytesPerSecond: $0) }
        pieceSize = PieceSize(bandwidth: bandwidth)
    }

    init(throttle: Throttle?, pieceSize: PieceSize) {
        self.throttle = throttle
        self.pieceSize = pieceSize
    }

    /// Sends a piece of so many bytes, and learns from how that went.
    func carry(_ count: Int, _ send: () async throws -> PlatformConnection.Answer) async throws -> PlatformConnection.Answer {
        let began = ContinuousClock.now
        do {
            let answer = try await send()
            if answer.status == 204 { pieceSize.arrived(count, within: .now - began) }
            return answer
        } catch UplinkError.unreachable {
            pieceSize.broke(count)
            throw UplinkError.unreachable
        }
    }
}
