internal import SeededRandom

/// An effect that has taken hold of one connection or one request. Confined to that connection's event loop.
final class ActiveEffect {
    let effect: NetworkEffect
    /// Set once it has come to pass where it does so only once: a reset, a FIN, the beginning of a drop.
    var isDone = false
    let id: NetworkRule.ID
    private let book: RuleBook
    private var hasFired = false
    private var random: SeededGenerator

    init(_ effect: NetworkEffect, of id: NetworkRule.ID, in book: RuleBook) {
        self.effect = effect
        self.id = id
        self.book = book
        let seed: UInt64 =
            switch effect {
            case .delay(_, _, _, let seed), .garbage(_, _, _, _, let seed): seed
            default: 0
            }
        random = SeededGenerator(seed: seed)
    }

    /// False once the rule has been removed.
    var isLive: Bool { book.isLive(id) }

    /// Counts, once for what it has taken hold of.
    func fire() {
        guard !hasFired else { return }
        hasFired = true
        book.fire(id)
    }

    /// Counts for each request, when it took hold of a whole connection.
    func fireAgain() {
        book.fire(id)
    }

    /// Milliseconds out of 0...`bound`.
    func jitter(_ bound: Int) -> Int { Int.random(in: 0...bound, using: &random) }

    /// What turns a byte into another one, by some of these bits.
    func noise(_ bits: UInt8) -> UInt8 {
        while true {
            let noise = UInt8.random(in: 1...255, using: &random) & bits
            if noise != 0 { return noise }
        }
    }

    /// In which direction it acts on bytes; nil when it concerns a request as a whole.
    var direction: NetworkEffect.Direction? {
        switch effect {
        case .reset(let direction, _), .drop(let direction, _), .halfClose(let direction, _), .delay(let direction, _, _, _),
            .throttle(let direction, _), .drip(let direction, _, _), .garbage(let direction, _, _, _, _):
            direction
        case .refuse: .upstream
        case .truncate: .downstream
        case .reorder, .duplicate, .answer: nil
        }
    }

    /// At which offset it ends what has passed so far; nil when it doesn't.
    var cutOffset: Int? {
        switch effect {
        case .reset(_, let after), .drop(_, let after), .halfClose(_, let after), .truncate(let after): after
        case .refuse: 0
        default: nil
        }
    }
}
