import Foundation
import Outbox

/// A platform as far as its ledger goes: it counts what it takes, makes backups, and is restored from them.
struct WalkedPlatform {
    private(set) var term = "first"
    /// Everything that it has, and how far each of its terms went.
    private(set) var places: Set<LedgerPlace> = []
    private var through: [String: UInt64] = ["first": 0]
    private var last: UInt64 = 0
    private(set) var watermark: UInt64 = 0
    private var backups: [Backup] = []
    private var byID: [UUID: LedgerPlace] = [:]

    private struct Backup {
        var places: Set<LedgerPlace>
        var through: [String: UInt64]
        var last: UInt64
        /// Of the backup before: this one is told of when it is made.
        var watermark: UInt64
    }

    /// Takes a packet once; the same one again has the same place.
    /// - Parameter isLate: the answer was given in a term that has been forgotten since
    mutating func acknowledge(_ id: UUID, isLate: Bool) -> LedgerPlace {
        if let known = byID[id], places.contains(known) { return known }
        if isLate { return LedgerPlace(term: "forgotten", number: last + 1) }
        last += 1
        let place = LedgerPlace(term: term, number: last)
        places.insert(place)
        through[term] = last
        byID[id] = place
        return place
    }

    /// Takes a packet that somebody brought by hand. The kiosk hears of it when it delivers that packet itself.
    mutating func takeIn(_ id: UUID) { _ = acknowledge(id, isLate: false) }

    /// A kiosk that believes this erases what is in it.
    mutating func backUp() {
        backups.append(Backup(places: places, through: through, last: last, watermark: watermark))
        watermark = last
    }

    /// - Parameter backups: how many of the last ones turned out to be of no use; nil without a restoration
    mutating func restart(without unusable: Int?, term: String) {
        if let unusable, let backup = backups.dropLast(unusable).last {
            backups = backups.dropLast(unusable)
            (places, through, last, watermark) = (backup.places, backup.through, backup.last, backup.watermark)
        }
        self.term = term
        through[term] = last
    }

    func extents(of terms: [String]) -> [String: UInt64] {
        through.filter { terms.contains($0.key) }
    }
}
