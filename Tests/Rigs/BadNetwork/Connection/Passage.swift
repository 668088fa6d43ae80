import NIOCore

/// The bytes of one connection or one request on their way in one direction, and what happens to them there. Confined to the event loop.
final class Passage {
    /// The fastest beat at which a throttled line lets a piece through.
    private static let beat = 50

    private let effects: [ActiveEffect]
    /// Bytes that have gone through, or were swallowed.
    private(set) var offset = 0
    /// Whether what comes now is lost.
    private(set) var swallows = false

    /// Keeps the effects that act in that direction.
    init(_ effects: [ActiveEffect], _ direction: NetworkEffect.Direction) {
        self.effects = effects.filter { $0.direction == direction }
    }

    /// What makes a piece that comes now arrive later than others, and by how much.
    func delays() -> [(effect: ActiveEffect, by: TimeAmount)] {
        effects.compactMap { active in
            guard case .delay(_, let milliseconds, let jitter, _) = active.effect, active.isLive else { return nil }
            active.fire()
            return (active, .milliseconds(Int64(milliseconds + active.jitter(jitter))))
        }
    }

    /// The effect that ends what has passed, when its offset has come. It is told once.
    func nextCut() -> ActiveEffect? {
        guard let cut = effects.first(where: { !$0.isDone && $0.cutOffset.map { $0 <= offset } ?? false && $0.isLive }) else { return nil }
        cut.isDone = true
        cut.fire()
        return cut
    }

    func swallowTheRest() {
        swallows = true
    }

    /// How many of `count` bytes may go in one piece, and how long the next piece then has to wait.
    func pace(_ count: Int) -> (count: Int, wait: TimeAmount) {
        var allowed = count
        var wait = TimeAmount.zero
        for active in effects where !active.isDone && active.isLive {
            switch active.effect {
            case .throttle(_, let rate):
                // A slow line lets single bytes through further apart rather than more than its rate.
                let piece = max(1, rate * Self.beat / 1000)
                allowed = min(allowed, piece)
                wait = max(wait, .nanoseconds(Int64(allowed) * 1_000_000_000 / Int64(rate)))
                active.fire()
            case .drip(_, let after, _) where offset < after: allowed = min(allowed, after - offset)
            case .drip(_, _, let milliseconds):
                allowed = min(allowed, 1)
                wait = max(wait, .milliseconds(Int64(milliseconds)))
                active.fire()
            default:
                if let cut = active.cutOffset { allowed = min(allowed, max(1, cut - offset)) }
            }
        }
        return (allowed, wait)
    }

    /// Turns bytes into garbage where a rule says so. They are the next ones.
    func spoil(_ bytes: inout ByteBuffer) {
        for active in effects {
            guard case .garbage(_, let from, let length, let bits, _) = active.effect, active.isLive else { continue }
            let spoilt = max(from, offset)..<max(from, offset, min(from + length, offset + bytes.readableBytes))
            guard !spoilt.isEmpty else { continue }
            for position in spoilt {
                let index = bytes.readerIndex + position - offset
                guard let byte = bytes.getInteger(at: index, as: UInt8.self) else { continue }
                bytes.setInteger(byte ^ active.noise(bits), at: index)
            }
            active.fire()
        }
    }

    func advance(_ count: Int) {
        offset += count
    }
}
