import Bench
import FoundationEssentials
import KioskModel
import SeededRandom
import Testing

@testable import IDCardReader

@Suite struct TextRecordTests {
    private func record(_ id: String) throws -> [UInt8] { SyntheticCard(try #require(SyntheticCitizen.named(id))).textRecord }

    private func put(_ text: String, _ offset: Int, _ length: Int, in record: inout [UInt8]) {
        let units = Array(text.utf16) + Array(repeating: 0x20, count: length / 2 - text.utf16.count)
        record.replaceSubrange(offset..<offset + length, with: units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
    }

    private func card(_ record: [UInt8]) throws -> IdentityCard {
        let text = try #require(TextRecord(record))
        return try text.identityCard()
    }

    @Test func everyOtherLengthIsNoRecord() throws {
        let whole = try record("resident")
        for count in 0..<whole.count { #expect(TextRecord(whole.prefix(count)) == nil) }
        #expect(TextRecord(whole + [0]) == nil)
    }

    @Test func randomBytesNeverCrashAndNeverPassForACard() throws {
        var random = SeededGenerator(seed: 467)
        for _ in 0..<2000 {
            let bytes = (0..<256).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: CitizenRemedy.self) { try card(bytes) }
        }
    }

    @Test func aDamagedRecordIsACardOrARemedy() throws {
        var random = SeededGenerator(seed: 11643)
        var refused = 0
        for round in 0..<3000 {
            var bytes = try record(SyntheticCitizen.all[round % SyntheticCitizen.all.count].id)
            for _ in 0..<4 { bytes[Int.random(in: 0..<256, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            do { _ = try card(bytes) } catch is CitizenRemedy { refused += 1 }
        }
        #expect(refused > 300)
    }

    @Test func truncatedAndRandomRepliesAreRefused() throws {
        let citizen = try #require(SyntheticCitizen.named("resident"))
        let laid = SyntheticCard(citizen)
        let whole = [1, 0, 4, 0, 4, 0] + laid.textRecord + laid.photo + laid.fingerprints
        #expect(try CardRecord.identityCard(whole).fingerprints?.reveal.count == 2)
        for count in 0..<whole.count { #expect(throws: CitizenRemedy.cardDataInvalid) { try CardRecord.identityCard(Array(whole.prefix(count))) } }
        #expect(throws: CitizenRemedy.cardDataInvalid) { try CardRecord.identityCard([0xFF, 0xFF] + whole.dropFirst(2)) }
    }

    @Test func paddingIsStrippedAndWhatLiesBetweenIsKept() throws {
        var bytes = try record("resident")
        put("测 试\0\0", 0, 30, in: &bytes)
        #expect(try card(bytes).name.reveal == "测 试")
    }

    @Test func rareCharactersAreKeptAndALoneSurrogateCostsOneCharacter() throws {
        var bytes = try record("rare")
        #expect(try card(bytes).name.reveal.unicodeScalars.map(\.value) == [0x9F98, 0xE863, 0x20BB7])
        bytes[0] = 0x42
        bytes[1] = 0xD8
        #expect(try card(bytes).name.reveal.unicodeScalars.first?.value == 0xFFFD)
    }

    @Test(arguments: [("0", IdentityCard.Sex.unknown), ("1", .male), ("2", .female), ("9", .unstated), (" ", .unknown), ("7", .unknown)])
    func sexIsNeverGuessed(code: String, sex: IdentityCard.Sex) throws {
        var bytes = try record("resident")
        put(code, 30, 2, in: &bytes)
        #expect(try card(bytes).sex == sex)
    }

    @Test func validityIsADateOrWithoutEnd() throws {
        var bytes = try record("resident")
        put("长期", 204, 16, in: &bytes)
        #expect(try card(bytes).validity.until == nil)
        put("长期长期", 204, 16, in: &bytes)
        #expect(throws: CitizenRemedy.cardDataInvalid) { try card(bytes) }
        put("20190101", 204, 16, in: &bytes)  // before it begins
        #expect(throws: CitizenRemedy.cardDataInvalid) { try card(bytes) }
    }

    @Test(arguments: [(36, "20230229"), (36, "1990030"), (188, "00000000")])
    func impossibleDatesAreRefused(offset: Int, date: String) throws {
        var bytes = try record("resident")
        put(date, offset, 16, in: &bytes)
        #expect(throws: CitizenRemedy.cardDataInvalid) { try card(bytes) }
    }

    @Test func aLowerCaseCheckCharacterIsAccepted() throws {
        var bytes = try record("resident")
        put("99999919720229305x", 122, 36, in: &bytes)
        #expect(try card(bytes).number.reveal.value == "99999919720229305X")
    }

    @Test(arguments: ["UTO99917802280", "uto999178022801", "999999178022801", ""])
    func aForeignersNumberOf2017HasThreeLettersAndTwelveDigits(number: String) throws {
        var bytes = try record("foreigner2017")
        put(number, 122, 30, in: &bytes)
        #expect(throws: CitizenRemedy.cardDataInvalid) { try card(bytes) }
    }

    @Test func aLayoutNobodyKnowsIsNotReadAsAnother() throws {
        var bytes = try record("resident")
        put("K", 248, 2, in: &bytes)
        #expect(throws: CitizenRemedy.cardNotAccepted) { try card(bytes) }
    }

    @Test func aForeignersLatinNameStandsInForAMissingChineseOne() throws {
        var bytes = try record("foreigner2023")
        put("", 0, 30, in: &bytes)
        #expect(try card(bytes).name.reveal == "VAN DER SPECIMEN ALEXANDER WILHELM JR")
    }

    @Test func aNamelessCardIsRefused() throws {
        var bytes = try record("resident")
        put("", 0, 30, in: &bytes)
        #expect(throws: CitizenRemedy.cardDataInvalid) { try card(bytes) }
    }

    @Test func aPhotoWithoutItsHeaderIsLeftOut() throws {
        let laid = SyntheticCard(try #require(SyntheticCitizen.named("resident")))
        let good = try CardRecord.identityCard([1, 0, 4, 0] + laid.textRecord + laid.photo)
        #expect(good.photo?.reveal == Data(laid.photo))
        #expect(good.fingerprints == nil)
        #expect(try CardRecord.identityCard([1, 0, 4, 0] + laid.textRecord + [0] + laid.photo.dropFirst()).photo == nil)
    }

    @Test func theSecurityModulesNumberIsPrintedAsIntegratorsKnowIt() {
        let bytes: [UInt8] = [5, 0, 1, 0, 0x09, 0xB8, 0x32, 0x01, 0x05, 0xBE, 0x12, 0x00, 0xAD, 0xC5, 0xB1, 0x11]
        #expect(SAMIdentifier(bytes)?.text == "05.01-20101129-0001228293-0296863149")
        #expect(SAMIdentifier(bytes + [0]) == nil)
    }
}
