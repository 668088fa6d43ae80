import Foundation
import KioskModel
import Testing

@testable import Bench

/// The search that proves the kiosk forgets must itself be proved: it finds every encoding, and finds nothing where nothing is.
struct ResidueTests {
    private static let name = "欧阳测试"

    private static func citizen() throws -> SyntheticCitizen {
        let number = try #require(IDNumber.completing("99999919900101001"))
        let birth = try #require(CivilDate(year: 1990, month: 1, day: 1))
        return SyntheticCitizen(
            id: "test", kind: .resident, name: name, number: number.value, sex: .male, birth: birth,
            address: "虚拟省测试市示例区样本路一百二十三号四单元五六七室", validFrom: birth)
    }

    private func hits(_ writes: [[UInt8]], needles: [Needle], deleted: Bool = false, path: String = "/data/x") -> [ResidueHit] {
        let ledger = WriteLedger()
        for bytes in writes { ledger.record(.write(path: path, bytes: bytes, deleted: deleted)) }
        return ResidueSearch(needles: needles).hits(ledger: ledger, directories: [])
    }

    private static func base64(_ text: String) -> [UInt8] { Array(Data(text.utf8).base64EncodedString().utf8) }

    private static func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in withUnsafeBytes(of: bigEndian ? unit.bigEndian : unit.littleEndian) { Array($0) } }
    }

    private static let encoded: [(String, [UInt8])] = [
        ("UTF-8", Array(name.utf8)),
        ("UTF-16LE", utf16(name, bigEndian: false)),
        ("UTF-16BE", utf16(name, bigEndian: true)),
        ("GB 18030", [0xC5, 0xB7, 0xD1, 0xF4, 0xB2, 0xE2, 0xCA, 0xD4]),
        ("base64", base64(name)),
        ("base64", base64("x" + name + "y")),
        ("base64", base64("xx" + name)),
        ("hexadecimal", Array("e6aca7e998b3e6b58be8af95".utf8)),
        ("hexadecimal", Array("E6ACA7E998B3E6B58BE8AF95".utf8)),
        ("hexadecimal", Array("e6 ac a7 e9 98 b3 e6 b5 8b e8 af 95".utf8)),
        ("hexadecimal of UTF-16LE", Array("27 6B 33 96 4B 6D D5 8B".utf8)),
        ("hexadecimal of GB 18030", Array("c5b7d1f4b2e2cad4".utf8)),
        ("base64 of UTF-16LE", Array(Data([0x27, 0x6B, 0x33, 0x96, 0x4B, 0x6D, 0xD5, 0x8B]).base64EncodedString().utf8)),
        ("list of numbers", Array("[230, 172, 167, 233, 152, 179, 230, 181, 139, 232, 175, 149]".utf8)),
        ("list of numbers of UTF-16LE", Array("[39, 107, 51, 150, 75, 109, 213, 139]".utf8)),
        ("percent", Array("%E6%AC%A7%E9%98%B3%E6%B5%8B%E8%AF%95".utf8)),
        ("JSON escapes", Array("\\u6b27\\u9633\\u6d4b\\u8bd5".utf8)),
    ]

    @Test(arguments: encoded)
    func findsTheNameInEachEncoding(encoding: String, bytes: [UInt8]) {
        let found = hits([Array("before ".utf8) + bytes + Array(" after".utf8)], needles: Needle.encodings(of: Self.name, kind: "name"))
        #expect(found.map(\.kind) == ["name, \(encoding)"])
        #expect(found.first?.offset ?? 0 >= 7)
    }

    @Test func findsAValueCutInTwoByTwoWrites() throws {
        let bytes = Array(Self.name.utf8)
        let found = hits([Array(bytes.prefix(5)), Array(bytes.dropFirst(5))], needles: try Needle.personal(Self.citizen()))
        #expect(found == [ResidueHit(path: "/data/x", kind: "name, UTF-8", offset: 0)])
    }

    @Test func doesNotJoinWritesToDifferentFiles() throws {
        let bytes = Array(Self.name.utf8)
        let ledger = WriteLedger()
        ledger.record(.write(path: "/data/a", bytes: Array(bytes.prefix(5)), deleted: false))
        ledger.record(.write(path: "/data/b", bytes: Array(bytes.dropFirst(5)), deleted: false))
        #expect(ResidueSearch(needles: try Needle.personal(Self.citizen())).hits(ledger: ledger, directories: []).isEmpty)
    }

    @Test func findsWhatWasWrittenToAFileThatIsGone() throws {
        let found = hits([Array(try Self.citizen().number.utf8)], needles: try Needle.personal(Self.citizen()), deleted: true)
        #expect(found.map(\.path) == ["/data/x (deleted)"])
        #expect(found.map(\.kind) == ["number, UTF-8"])
    }

    @Test func findsTheNumberAloneAndTheAddressByItsEnd() throws {
        let citizen = try Self.citizen()
        let tail = try #require(citizen.address?.suffix(8))
        #expect(hits([Array(tail.utf8)], needles: Needle.personal(citizen)).map(\.kind) == ["end of address, UTF-8"])
        #expect(hits([Array("n=\(citizen.number);".utf8)], needles: Needle.personal(citizen)).map(\.kind) == ["number, UTF-8"])
    }

    @Test func aBirthDateInsideALongerRowOfDigitsIsChance() throws {
        let needles = try Needle.personal(Self.citizen())
        #expect(hits([Array("1719900101123".utf8)], needles: needles).isEmpty)
        #expect(hits([Array("born 19900101.".utf8)], needles: needles).map(\.kind) == ["birth date, UTF-8"])
    }

    @Test func aWholeNumberInsideALongerRowOfDigitsIsNoChance() throws {
        let citizen = try Self.citizen()
        #expect(hits([Array("20261121\(citizen.number)07".utf8)], needles: Needle.personal(citizen)).map(\.kind) == ["number, UTF-8"])
    }

    @Test func namesNoValueInItsReport() throws {
        let citizen = try Self.citizen()
        let found = hits([Array(Self.name.utf8)], needles: Needle.personal(citizen), path: "/data/\(Self.name).pdf")
        #expect(found.count == 2)
        for hit in found where hit.path.hasPrefix("a name in") { #expect(!hit.description.contains(Self.name)) }
    }

    @Test func findsNothingInNoise() throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let citizen = try Self.citizen()
        let page = Needle.windows(of: (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }, kind: "page")
        #expect(page.count > 40)
        let needles = Needle.personal(citizen) + page + Needle.headers.filter { $0.boundary != .start }
        #expect(hits([noise], needles: needles).isEmpty)
    }

    @Test func findsAPieceOfThePage() {
        var generator = SystemRandomNumberGenerator()
        let page = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let needles = Needle.windows(of: page, kind: "page, JPEG")
        #expect(hits([Array(page[30_000..<40_000])], needles: needles).map(\.kind) == ["page, JPEG"])
        #expect(Needle.windows(of: [UInt8](repeating: 0xFF, count: 100_000), kind: "page").isEmpty)
    }

    @Test func aHeaderCountsOutsideTheReceiptsDirectoryOnly() {
        let ledger = WriteLedger()
        ledger.record(.write(path: "/spool/r.pdf", bytes: Array("%PDF-1.7".utf8), deleted: false))
        #expect(ResidueSearch(needles: Needle.headers, receiptDirectories: ["/spool/"]).hits(ledger: ledger, directories: []).isEmpty)
        #expect(ResidueSearch(needles: Needle.headers).hits(ledger: ledger, directories: []).map(\.kind) == ["PDF header"])
    }

    @Test func aShortHeaderCountsWhereAWriteBegins() {
        #expect(hits([[1, 2, 0xFF, 0xD8, 0xFF, 3]], needles: Needle.headers).isEmpty)
        #expect(hits([[1, 2], [0xFF, 0xD8, 0xFF, 3]], needles: Needle.headers).map(\.kind) == ["JPEG start"])
    }

    @Test func searchesWhatLiesOnDiskAndWhatWasPrinted() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "residue-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory.appending(path: "deep"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data("…\(Self.name)…".utf8).write(to: directory.appending(path: "deep/file"))
        let search = ResidueSearch(needles: Needle.encodings(of: Self.name, kind: "name"))
        let found = search.hits(ledger: WriteLedger(), directories: [directory], logs: [("kioskd", Array("hello \(Self.name)".utf8))])
        #expect(found.map(\.path) == [directory.appending(path: "deep/file").path, "log of kioskd"])
    }

    @Test func whatTheKernelWroteUnseenAndWasRemovedIsAMiss() {
        let ledger = WriteLedger()
        ledger.record(.unseen(path: "/nowhere/at/all"))
        #expect(ResidueSearch(needles: []).hits(ledger: ledger, directories: []).map(\.kind) == ["written unseen and removed"])
    }

    @Test func whatTheKernelWroteUnseenIsSearchedUnderItsNewName() throws {
        let directory = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: directory) }
        let place = directory.appending(path: "new").path
        try Data(Self.name.utf8).write(to: URL(fileURLWithPath: place))
        let ledger = WriteLedger()
        ledger.record(.unseen(path: "/nowhere/old"))
        ledger.record(.renamed(from: "/nowhere/old", to: place))
        let search = ResidueSearch(needles: Needle.encodings(of: Self.name, kind: "name"))
        #expect(search.hits(ledger: ledger, directories: []) == [ResidueHit(path: place, kind: "name, UTF-8", offset: 0)])
    }

    @Test func aMappedFileIsSearchedAsItWasBeforeItWasRemoved() throws {
        let directory = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "map")
        try Data(Self.name.utf8).write(to: file)
        let ledger = WriteLedger()
        ledger.record(.mapping(path: file.path))
        ledger.captureMappedFiles()
        try FileManager.default.removeItem(at: file)
        let search = ResidueSearch(needles: Needle.encodings(of: Self.name, kind: "name"))
        #expect(search.hits(ledger: ledger, directories: []).map(\.kind) == ["name, UTF-8"])
        #expect(ResidueSearch(needles: []).hits(ledger: ledger, directories: []).isEmpty)
    }

    @Test func aFullLedgerIsAMiss() {
        let ledger = WriteLedger(capacity: 10)
        ledger.record(.write(path: "/x", bytes: Array(repeating: 0, count: 11), deleted: false))
        #expect(ResidueSearch(needles: []).hits(ledger: ledger, directories: []).count == 1)
    }
}
