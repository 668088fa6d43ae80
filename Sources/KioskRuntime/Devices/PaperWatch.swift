internal import Foundation
internal import KioskModel

/// Whether a citizen took what was printed: seen by printers with a sensor in their mouth, when the paper that was in it is gone.
struct PaperWatch {
    private var waiting: UUID?
    private var isInMouth = false
    private var wasSeen = false

    /// A job has been printed. Of one that wasn't taken by then, nothing more will be known.
    mutating func printed(_ act: UUID) {
        waiting = act
        wasSeen = isInMouth
    }

    /// Returns the act whose paper was taken.
    mutating func told(_ status: DeviceStatus) -> UUID? {
        isInMouth = status.conditions.contains { $0.kind == .paperInMouth }
        wasSeen = wasSeen || isInMouth
        // Only a printer that serves can be believed not to see the paper.
        guard let act = waiting, wasSeen, !isInMouth, status.state == .ready else { return nil }
        waiting = nil
        return act
    }

    /// What happens meanwhile, nobody sees.
    mutating func hostEnded() {
        waiting = nil
        isInMouth = false
    }
}
