internal import KioskModel

/// SW3 of a reply (GA/T 467 and vendors' additions) and what follows from it. This is the driver's only table of vendor codes.
struct StatusWord: Equatable {
    enum Meaning: Equatable {
        case success
        /// 91: the record that was asked for does not exist.
        case empty
        /// The card does not answer. It may be badly laid or gone: the driver looks again to tell which.
        case noAnswer
        case remedy(CitizenRemedy)
        case fault(DeviceFault)
    }

    let value: UInt8

    var meaning: Meaning {
        switch value {
        case 0x90, 0x9F: .success
        case 0x91: .empty
        case 0x34, 0x41, 0x80, 0x81: .noAnswer
        case 0x31: .remedy(.cardNotAccepted)  // the card rejects the security module
        case 0x32: .remedy(.cardNotAccepted)  // the security module rejects the card
        case 0x33, 0x37: .remedy(.cardDataInvalid)  // data, fingerprint data fail the module's verification
        case 0x40: .remedy(.cardNotAccepted)  // not a card of this kind
        case 0x10: fault("line-noise", .reset, "the reader got a wrong checksum")
        case 0x11: fault("receive-timeout", .reset, "the reader got a wrong length or not all of a request")
        case 0x21, 0x24, 0x3F: fault("unknown-command", .replace, "the reader does not know the command")
        case 0x23: fault("not-permitted", .replace, "the reader may not carry out the command")
        case 0x47: fault("random-number", .reset, "the security module gave no random number")
        case 0x50: fault("write-failed", .reset, "the reader failed to write")
        case 0x60: fault("self-test", .replace, "the security module failed its self-test")
        case 0x61, 0x66: fault("unauthorised", .replace, "the security module is not authorised")
        default: fault("unknown-status", .reset, "the reader gave a status that no document has")
        }
    }

    private func fault(_ code: String, _ action: RepairAction, _ text: String) -> Meaning {
        .fault(DeviceFault(code: "reader.\(code)", action: action, detail: "\(text) (SW3 \(String(value, radix: 16, uppercase: true)))"))
    }
}
