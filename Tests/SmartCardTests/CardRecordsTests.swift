import KioskModel
import SmartCardShim
import Testing

@testable import SmartCard

@Suite struct CardRecordsTests {
    private static func record(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] { [tag, UInt8(value.count)] + value }

    /// A card 2.0, written out by hand.
    private static let records: [[UInt8]] = [
        record(0x01, [0x99, 0x99, 0x99, 0xD1, 0x56, 0x00, 0x00, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), record(0x02, [0x32]),
        record(0x03, Array("2.00".utf8)), record(0x05, [0x20, 0x20, 0x05, 0x01]), record(0x06, [0xFF, 0xFF, 0xFF, 0xFF]),
        record(0x07, Array("A12345678".utf8)), record(0x08, Array("999999199003071234".utf8)),
        record(0x09, [0xBC, 0xF2, 0xD1, 0xF9, 0xB1, 0xBE] + [UInt8](repeating: 0, count: 24)), record(0x4E, [UInt8](repeating: 0, count: 20)),
        record(0x0A, Array("1".utf8)), record(0x0B, [0x01]), record(0x0D, [0x19, 0x90, 0x03, 0x07]),
    ]

    private func card(_ records: [[UInt8]]) throws -> SocialSecurityCard {
        var read = CardRecords()
        for record in records { try read.add(record) }
        return try read.card()
    }

    @Test func aCardIsReadFieldByField() throws {
        let card = try card(Self.records)
        #expect(card.name.reveal == "简样本")
        #expect(card.number.reveal == "999999199003071234")
        #expect(card.cardNumber.reveal == "A12345678")
        #expect(card.sex == .male)
        #expect(card.ethnicGroupCode == "01")
        #expect(card.birthDate?.reveal == CivilDate(compact: "19900307"))
        #expect(card.issuerRegion == "999999")
        #expect(card.issued == CivilDate(compact: "20200501"))
        #expect(card.validUntil == nil)
        #expect(card.specification == "2.00")
        #expect(!"\(card.name) \(card.number) \(card.cardNumber) \(card.birthDate as Any)".contains("9"))
    }

    @Test func recordsAreKnownByTagAndNotByPlace() throws {
        let (backwards, forwards) = (try card(Self.records.reversed()), try card(Self.records))
        #expect(backwards == forwards)
    }

    /// A character of four bytes, and a name that goes on in its extension.
    @Test func aRareAndLongNameIsWhole() throws {
        let long: [[UInt8]] = Self.records.map { record in
            switch record[0] {
            case 0x09:
                Self.record(0x09, [UInt8](repeating: 0, count: 0) + (0..<13).flatMap { _ in [0xB1, 0xBE] as [UInt8] } + [0x95, 0x34, 0xB2, 0x35])
            case 0x4E: Self.record(0x4E, [0xD1, 0xF9] + [UInt8](repeating: 0x20, count: 18))
            default: record
            }
        }
        #expect(try card(long).name.reveal == String(repeating: "本", count: 13) + "\u{20BB7}样")
    }

    @Test func whatContradictsItselfIsInvalid() throws {
        func changed(_ tag: UInt8, _ value: [UInt8]) -> [[UInt8]] { Self.records.map { $0[0] == tag ? Self.record(tag, value) : $0 } }
        let wrong = [
            changed(0x08, Array("999999199003071235".utf8)), changed(0x09, [0xBC]), changed(0x09, []), changed(0x07, [0x01, 0x02]),
            changed(0x09, [UInt8](repeating: 0x41, count: 31)), changed(0x03, Array("2.000".utf8)),
            changed(0x4E, [UInt8](repeating: 0x41, count: 21)),
            Self.records.filter { $0[0] != 0x09 }, Self.records.filter { $0[0] != 0x01 }, Self.records + [Self.record(0x09, [0xB1, 0xBE])],
            Self.records + [[0x0C, 9, 1]], [[0x09]], [],
        ]
        for records in wrong { #expect(throws: CitizenRemedy.cardDataInvalid) { try card(records) } }
    }

    @Test func bytesBehindARecordMayOnlyFillIt() {
        var (tag, offset, length) = (UInt8(0), 0, 0)
        #expect(kiosk_smartcard_record([0x0A, 1, 0x31, 0, 0xFF], 5, &tag, &offset, &length) == 0)
        #expect(tag == 0x0A && offset == 2 && length == 1)
        #expect(kiosk_smartcard_record([0x0A, 1, 0x31, 0x0B], 4, &tag, &offset, &length) == -1)
    }

    @Test func answersThatAskForMoreAreToldFromWholeOnes() {
        func taken(_ reply: [UInt8]) -> [Int] {
            var (status, next) = (UInt16(0), 0)
            let what = kiosk_smartcard_reply(reply, reply.count, &status, &next)
            return [Int(what), Int(status), next]
        }
        #expect(taken([0x41, 0x90, 0x00]) == [Int(KIOSK_SMARTCARD_DONE), 0x9000, 0])
        #expect(taken([0x61, 0x1E]) == [Int(KIOSK_SMARTCARD_FETCH), 0x611E, 30])
        #expect(taken([0x61, 0x00]) == [Int(KIOSK_SMARTCARD_FETCH), 0x6100, 256])
        #expect(taken([0x6C, 0x12]) == [Int(KIOSK_SMARTCARD_REPEAT), 0x6C12, 18])
        #expect(taken([0x90])[0] == -1)
    }
}
