internal import KioskModel

/// A PC/SC code, and what follows from it. This is the driver's only table of them.
struct CardFailure: Error, Equatable {
    enum Meaning: Equatable {
        /// There is no card, or it doesn't answer.
        case noCard
        /// The card left, or was reset behind our back.
        case removed
        case remedy(CitizenRemedy)
        /// `isLost`: pcscd or the reader is gone, and everything is begun anew.
        case fault(DeviceFault, DeviceState, isLost: Bool)
    }

    /// SCARD_*
    let code: UInt32

    init(_ result: Int32) {
        code = UInt32(bitPattern: result)
    }

    /// SCARD_E_TIMEOUT: of a wait, nothing happened.
    static let timeout = CardFailure(Int32(bitPattern: 0x8010_000A))
    /// SCARD_E_READER_UNAVAILABLE
    static let readerGone = CardFailure(Int32(bitPattern: 0x8010_0017))

    var meaning: Meaning {
        switch code {
        // The card
        case 0x8010_000C, 0x8010_0066: .noCard  // NO_SMARTCARD, W_UNRESPONSIVE_CARD: upside down, or dirty
        case 0x8010_0067, 0x8010_0068, 0x8010_0069: .removed  // W_UNPOWERED_CARD, W_RESET_CARD, W_REMOVED_CARD
        case 0x8010_0013, 0x8010_0016, 0x8010_002F: .removed  // F_COMM_ERROR, NOT_TRANSACTED, COMM_DATA_LOST: the card fell silent
        case 0x8010_000D, 0x8010_000F, 0x8010_0015, 0x8010_001C, 0x8010_0065:
            .remedy(.cardNotAccepted)  // UNKNOWN_CARD, PROTO_MISMATCH, INVALID_ATR, CARD_UNSUPPORTED, W_UNSUPPORTED_CARD
        case 0x8010_0008, 0x8010_0019: .remedy(.cardDataInvalid)  // INSUFFICIENT_BUFFER, PCI_TOO_SMALL: it answers more than a card can
        case 0x8010_006A, 0x8010_006B, 0x8010_006C, 0x8010_006F:
            .remedy(.cardNotAccepted)  // W_SECURITY_VIOLATION, W_WRONG_CHV, W_CHV_BLOCKED, W_CARD_NOT_AUTHENTICATED
        // The service
        case 0x8010_001D, 0x8010_001E, 0x8010_0012:  // NO_SERVICE, SERVICE_STOPPED, SYSTEM_CANCELLED
            fault("no-service", .reset, .offline, "pcscd isn't running, or ended", isLost: true)
        case 0x8010_0003: fault("no-service", .reset, .offline, "pcscd was started anew", isLost: true)  // INVALID_HANDLE
        case 0x8010_0031, 0x8010_0007, 0x8010_000A:  // SERVER_TOO_BUSY, F_WAITED_TOO_LONG, TIMEOUT
            fault("busy", .reset, .offline, "pcscd doesn't get to it", isLost: true)
        case 0x8010_0027: fault("access", .configure, .needsTechnician, "pcscd refuses this user")  // NO_ACCESS
        // The reader
        case 0x8010_0009, 0x8010_0017, 0x8010_002E:  // UNKNOWN_READER, READER_UNAVAILABLE, NO_READERS_AVAILABLE
            fault("absent", .replug, .absent, "the reader isn't plugged in, or was unplugged", isLost: true)
        // SHARING_VIOLATION
        case 0x8010_000B: fault("sharing-violation", .configure, .needsTechnician, "another process holds the reader or its card")
        case 0x8010_0010: fault("not-ready", .reset, .offline, "the reader isn't ready")  // NOT_READY
        case 0x8010_001A, 0x8010_001B:  // READER_UNSUPPORTED, DUPLICATE_READER
            fault("reader-unsupported", .replace, .needsTechnician, "pcscd's driver doesn't fit the reader")
        case 0x8010_0006: fault("no-memory", .reset, .offline, "there is no memory left")  // NO_MEMORY
        default: fault("unknown-code", .reset, .offline, "PC/SC gave a code that nothing of this is to be met with", isLost: true)
        }
    }

    /// The card says nothing, whether it is gone or not.
    var isSilence: Bool { meaning == .noCard || meaning == .removed }

    private func fault(_ code: String, _ action: RepairAction, _ state: DeviceState, _ text: String, isLost: Bool = false) -> Meaning {
        .fault(
            DeviceFault(code: "smartCardReader.\(code)", action: action, detail: "\(text) (\(String(self.code, radix: 16, uppercase: true)))"), state,
            isLost: isLost)
    }
}
