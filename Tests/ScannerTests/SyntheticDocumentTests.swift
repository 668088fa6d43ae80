internal import Bench
internal import Foundation
internal import Testing

@Suite struct SyntheticDocumentTests {
    private static let document = SyntheticDocument(
        name: "王测试", number: "999999199001011233", address: "虚构市样例区测试路1号幸福小区8号楼2单元1201室", page: 1, pageCount: 3)

    @Test func `It is an A4 page with ink on it`() throws {
        let pixels = try ScannerPicture.pixels(of: try Self.document.jpeg(resolution: 200))
        #expect(pixels.width == 1654)
        #expect(pixels.height == 2339)
        let dark = pixels.bytes.count { $0 < 80 }
        #expect(dark > pixels.bytes.count / 200)
    }

    @Test func `Every field changes the picture`() throws {
        let plain = try Self.document.jpeg(resolution: 100)
        let changes: [(inout SyntheticDocument) -> Void] = [
            { $0.title = "租赁合同" }, { $0.name = "李样本" }, { $0.number = "999999199001011241" }, { $0.address = "另一处" }, { $0.page = 2 },
            { $0.pageCount = 4 },
        ]
        for change in changes {
            var other = Self.document
            change(&other)
            #expect(try other.jpeg(resolution: 100) != plain)
        }
    }
}
