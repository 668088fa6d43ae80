import KioskModel
import Testing

@Suite struct IDNumberTests {
    @Test(arguments: ["999999199003071234", "99999919720229305X", "99999919720229305x", "932682198501010017"])
    func aNumberWithItsCheckCharacterIsAccepted(text: String) {
        #expect(IDNumber(text)?.value == text.uppercased())
    }

    @Test(arguments: ["", "99999919900307123", "9999991990030712345", "X99999199003071234", "99999919900307123４", "99999919900307123 "])
    func anythingElseIsRefused(text: String) {
        #expect(IDNumber(text) == nil)
    }

    @Test func everyWrongDigitAndEverySwapOfNeighboursIsFound() throws {
        let good = Array("999999199003071234")
        for place in 0..<17 {
            for digit in "0123456789" where digit != good[place] {
                var wrong = good
                wrong[place] = digit
                #expect(IDNumber(String(wrong)) == nil)
            }
            var swapped = good
            swapped.swapAt(place, place + 1)
            if swapped != good { #expect(IDNumber(String(swapped)) == nil) }
        }
    }

    @Test func completingMakesWhatValidates() {
        #expect(IDNumber.completing("99999919720229305")?.value == "99999919720229305X")
        #expect(IDNumber.completing("9999991972022930") == nil)
        #expect(IDNumber.completing("9999991972022930X") == nil)
    }

    @Test func aNumberNeverPrintsItself() throws {
        let number = try #require(IDNumber("999999199003071234"))
        var dumped = ""
        dump(number, to: &dumped)
        for text in ["\(number)", String(reflecting: number), dumped, "\(Redacted(number))", String(reflecting: [number])] {
            #expect(!text.contains("1990"))
        }
        #expect(number.masked == "999999********1234")
    }
}

@Suite struct CivilDateTests {
    @Test(arguments: ["20240229", "20000229", "19001231", "00010101", "99991231"])
    func aDayThatExistsKeepsItsText(text: String) {
        #expect(CivilDate(compact: text)?.compact == text)
    }

    @Test(arguments: ["20230229", "19000229", "20240431", "20241301", "20240100", "20240001", "00000101", "2024010", "202401011", "2024-1-1", "２０２４"])
    func aDayThatDoesNotIsRefused(text: String) {
        #expect(CivilDate(compact: text) == nil)
    }

    @Test func daysAreInOrder() throws {
        let days = try ["19991231", "20000101", "20000201", "20000202"].map { try #require(CivilDate(compact: $0)) }
        #expect(days.reversed().sorted() == days)
    }
}

@Suite struct EthnicGroupTests {
    @Test(arguments: [("01", "汉"), ("15", "土家"), ("56", "基诺"), ("97", "其他"), ("98", "外国血统中国籍人士")])
    func aCodeHasItsName(code: String, name: String) {
        #expect(EthnicGroup.name(code: code) == name)
    }

    @Test(arguments: ["00", "57", "96", "99", "1", "001", "汉", "+1", "-1", ""])
    func anUnknownCodeHasNone(code: String) {
        #expect(EthnicGroup.name(code: code) == nil)
    }

    @Test func the56NamesDiffer() {
        let names = (1...56).compactMap { EthnicGroup.name(code: ($0 < 10 ? "0" : "") + String($0)) }
        #expect(Set(names).count == 56)
    }
}
