import Foundation
import PlatformAPI
import QueueLoad
import Testing

@Suite struct LoadContentTests {
    /// What a process in a virtual machine submits, another verifies outside: the bytes may not depend on process, day or build.
    @Test func contentFollowsFromSeedAndReference() {
        let content = LoadContent(seed: 7, reference: "Q7-test-1")
        #expect(content.itemCode == "11999999MB000006043019031006001")
        #expect(content.materials.map(\.byteCount) == [168_872, 16_701])
        #expect(
            content.materials.map { $0.digest() } == [
                "017bdea9d94dbf95e6ff5f5670f163e9cdd28f37b68a30c52368559a105bc32e",
                "8dfe4d7772b7a4ddf9901b0e765bc8d1c924c65d562b5e7d1d8b69c890e53e5b",
            ])
        #expect(content.materials.map { $0.digest() } == LoadContent(seed: 7, reference: "Q7-test-1").materials.map { $0.digest() })
    }

    @Test func anotherSeedOrReferenceIsAnotherContent() {
        let digests = [(7, "Q7-test-1"), (8, "Q7-test-1"), (7, "Q7-test-2")].map { seed, reference in
            LoadContent(seed: UInt64(seed), reference: reference).materials[0].digest()
        }
        #expect(Set(digests).count == 3)
    }

    @Test func sizesAndCountsAreThoseOfDocuments() {
        let all = (0..<200).map { LoadContent(seed: 3, reference: "Q3-test-\($0)") }
        #expect(Set(all.map(\.materials.count)) == [1, 2, 3])
        #expect(Set(all.map(\.itemCode)) == Set(LoadContent.items.map(\.code)))
        let sizes = all.flatMap(\.materials).map(\.byteCount)
        #expect(sizes.allSatisfy { (2_000...300_000).contains($0) })
        // More than one chunk of a sealed packet, and more than one piece of an upload.
        #expect(sizes.contains { $0 > 2 * PacketSealer.chunkSize })
    }

    /// An item that the catalogue doesn't have would be rejected by the platform, and chaos would call that a loss.
    @Test func theCatalogueHasTheItems() throws {
        struct Item: Decodable {
            struct Material: Decodable { var id: String }
            var code: String
            var materials: [Material]
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../Kiosk/catalogue")
        let items = try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
            .map { try JSONDecoder().decode(Item.self, from: Data(contentsOf: $0)) }
        for (code, requirement) in LoadContent.items {
            let item = try #require(items.first { $0.code == code }, "\(code)")
            #expect(item.materials.contains { $0.id == requirement }, "\(requirement)")
        }
    }
}
