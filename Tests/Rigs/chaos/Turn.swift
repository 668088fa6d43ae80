import SeededRandom

/// All that is drawn for one round. Nothing of it depends on what came before, so that a seed gives it again.
struct Turn: Sendable {
    /// What somebody does at the kiosk once the look has found all to be well.
    enum Visit: Sendable {
        case nobody
        /// A technician brings what lies there to the platform by hand.
        case stick
        /// The database is gone, and is made anew.
        case lostDatabase
    }

    /// Where the blow's own numbers come from.
    var blow: SeededGenerator
    var weather: Weather
    /// What befalls the platform while the kiosk is at work.
    var platform: City.Act
    var visit: Visit
    /// Packets that may wait before the load holds back.
    var backlog: Int
    /// Every fourth blow goes unseen, so that the next start, and not the look, clears up what it left, with the next blow before it.
    var isSeen: Bool

    /// - Parameter round: of this life, from 1
    init(_ generator: inout SeededGenerator, round: Int) {
        var own = SeededGenerator(seed: generator.next())
        blow = SeededGenerator(seed: own.next())
        weather = Weather(&own)
        platform =
            switch Int.random(in: 0..<20, using: &own) {
            case 0: .kill
            case 1...3: .backUp
            case 4, 5: .restore
            default: .nothing
            }
        visit =
            switch Int.random(in: 0..<20, using: &own) {
            case 0, 1: .stick
            case 2: .lostDatabase
            default: .nobody
            }
        // Growing, so that every round commits: the platform takes packets more slowly than the outbox does.
        backlog = 12 + 4 * round + (weather.isOffline ? 30 : 0)
        isSeen = Int.random(in: 0..<4, using: &own) != 0
    }
}
