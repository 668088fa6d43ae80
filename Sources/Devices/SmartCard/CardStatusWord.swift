internal import KioskModel

/// SW1 SW2 of a card's answer (ISO 7816-4, LD/T 32.5) and what follows from it. This is the driver's only table of them. 61xx and 6Cxx never get here.
struct CardStatusWord: Equatable {
    enum Meaning: Equatable {
        case success
        /// There is no such record: the file ends.
        case end
        case remedy(CitizenRemedy)
    }

    let value: UInt16

    var meaning: Meaning {
        switch value {
        case 0x9000: .success
        case 0x6A83: .end
        case 0x6281, 0x6282, 0x6581: .remedy(.cardDataInvalid)  // data corrupted, file shorter than asked, memory failed
        case 0x6A88: .remedy(.cardDataInvalid)  // data not found
        case 0x6283, 0x6A81, 0x9303: .remedy(.cardNotAccepted)  // file invalidated, card locked, application locked for good
        case 0x6982, 0x6985, 0x6986, 0x6987, 0x6988: .remedy(.cardNotAccepted)  // it wants a security module first
        case 0x6A82, 0x6A80, 0x6A86, 0x6B00: .remedy(.cardNotAccepted)  // no such application or file
        case 0x6700, 0x6981, 0x6D00, 0x6E00: .remedy(.cardNotAccepted)  // another kind of card: length, file type, command, class
        case 0x6400, 0x6F00: .remedy(.insertCard)  // the chip failed; taken out and inserted again it may not
        default: .remedy(.cardNotAccepted)
        }
    }
}
