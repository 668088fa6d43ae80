/// Something the citizen can mend alone; the flow shows it and tries again. The raw value names the text in Kiosk/strings (`remedy.<raw>`).
public enum CitizenRemedy: String, Sendable, Codable, CaseIterable, Error {
    /// No or a bad answer from the chip: lay the card flat and leave it there.
    case layCardFlat
    /// The card left the reader during the read.
    case cardRemovedTooEarly
    /// A card the reader can't use: another kind, or one that the security module rejects.
    case cardNotAccepted
    /// The card is past its validity: renew it, or go to a window.
    case cardExpired
    /// The record came through but contradicts itself (check digit, dates): lay it again; if it stays so, go to a window.
    case cardDataInvalid
    /// Nothing lies in the scanner.
    case insertPages
    /// A page is stuck within the citizen's reach: pull it out and insert it again.
    case pullOutJammedPage
    /// The scanner's lid stands open.
    case closeCover
    /// The page can't be used (unreadable image): scan it again.
    case scanAgain
    /// The camera sees no page, or not all of it: lay it within the frame.
    case layPageInView
    /// No code was shown in time, or none that can be read: hold it nearer and still.
    case showCodeAgain
    /// Another door of the locker stands open: close it first.
    case closeLockerDoor
    /// There is no card in the slot, or it doesn't answer: insert it with the chip ahead.
    case insertCard
}

/// What mends a device fault: the six actions of XFS4IoT's error model.
public enum RepairAction: String, Sendable, Codable, CaseIterable {
    case reset, clear, refill, replug, configure, replace
}

/// A device is out of service until somebody with a key to the cabinet mends it.
public struct DeviceFault: Sendable, Codable, Hashable, Error {
    /// Stable, dotted, without personal data: `printer.media-empty`, `scanner.io-error`, `link.deadline`.
    public var code: String
    public var action: RepairAction
    /// One sentence for the journal: what was tried, which vendor code came back. Never a value read from a card or a page.
    public var detail: String

    public init(code: String, action: RepairAction, detail: String) {
        self.code = code
        self.action = action
        self.detail = detail
    }
}
