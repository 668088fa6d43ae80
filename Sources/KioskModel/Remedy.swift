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

public enum DeviceClass: String, Sendable, Codable, CaseIterable {
    case idCardReader, scanner, printer
    /// Worker without a device: image decoding, PDF assembly, receipts.
    case imaging
}

public enum DeviceState: String, Sendable, Codable, CaseIterable {
    case starting, ready, busy, needsCitizen, needsTechnician, offline, absent
}

/// What a host says of its device, unasked, whenever it changes.
public struct DeviceStatus: Sendable, Codable, Hashable {
    public var state: DeviceState
    /// Set when `state` is `needsTechnician`, `offline` or `absent`.
    public var fault: DeviceFault?
    /// Model, firmware, serial number as the device gives them: `sam: 05.01-…`.
    public var identity: [String: String]

    public init(state: DeviceState, fault: DeviceFault? = nil, identity: [String: String] = [:]) {
        self.state = state
        self.fault = fault
        self.identity = identity
    }
}
