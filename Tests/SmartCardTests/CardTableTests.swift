import KioskModel
import Testing

@testable import SmartCard

@Suite struct CardTableTests {
    /// What each code of the field comes to.
    private static func word(_ code: UInt32) -> String {
        switch CardFailure(Int32(bitPattern: code)).meaning {
        case .noCard: "no card"
        case .removed: "removed"
        case .remedy(let remedy): remedy.rawValue
        case .fault(let fault, let state, let isLost): "\(fault.code) \(fault.action) \(state)\(isLost ? " lost" : "")"
        }
    }

    @Test(
        arguments: [
            (0x8010_000C, "no card"), (0x8010_0066, "no card"), (0x8010_0069, "removed"), (0x8010_0068, "removed"), (0x8010_0016, "removed"),
            (0x8010_0065, "cardNotAccepted"), (0x8010_000F, "cardNotAccepted"), (0x8010_0008, "cardDataInvalid"),
            (0x8010_001D, "smartCardReader.no-service reset offline lost"), (0x8010_001E, "smartCardReader.no-service reset offline lost"),
            (0x8010_0017, "smartCardReader.absent replug absent lost"), (0x8010_0009, "smartCardReader.absent replug absent lost"),
            (0x8010_000B, "smartCardReader.sharing-violation configure needsTechnician"),
            (0x8010_0001, "smartCardReader.unknown-code reset offline lost"),
        ] as [(UInt32, String)])
    func aCodeHasItsMeaning(code: UInt32, meaning: String) {
        #expect(Self.word(code) == meaning)
    }

    /// No code of the range may be taken for a success, or crash.
    @Test func everyCodeHasOne() {
        for code in UInt32(0x8010_0001)...0x8010_0070 { #expect(!Self.word(code).isEmpty) }
    }

    @Test(
        arguments: [
            (0x9000, .success), (0x6A83, .end), (0x6A82, .remedy(.cardNotAccepted)), (0x6982, .remedy(.cardNotAccepted)),
            (0x6281, .remedy(.cardDataInvalid)), (0x6F00, .remedy(.insertCard)), (0x1234, .remedy(.cardNotAccepted)),
        ] as [(UInt16, CardStatusWord.Meaning)])
    func aStatusWordHasItsMeaning(value: UInt16, meaning: CardStatusWord.Meaning) {
        #expect(CardStatusWord(value: value).meaning == meaning)
    }

    @Test func theReaderIsTheOnlyOneOrTheNamedOne() throws {
        #expect(try SmartCardOptions().choose(among: ["Front 00 00"]) == "Front 00 00")
        #expect(try SmartCardOptions(reader: "Back").choose(among: ["Front 00 00", "Back 01 00"]) == "Back 01 00")
        let several = #expect(throws: DeviceFault.self) { try SmartCardOptions().choose(among: ["Front 00 00", "Back 01 00"]) }
        #expect(several?.code == "smartCardReader.configuration")
        #expect(several?.detail.contains("Back 01 00") == true)
        let none = #expect(throws: DeviceFault.self) { try SmartCardOptions(reader: "Back").choose(among: []) }
        #expect(none?.code == "smartCardReader.absent")
    }

    @Test(arguments: [["reeder": "x"], ["reader": ""]]) func aMistakeInTheOptionsIsNamed(options: [String: String]) {
        #expect(throws: DeviceFault.self) { try SmartCardOptions(options) }
    }
}
