public import Foundation
internal import PlatformAPI
internal import SeededRandom

/// What queue-load submits under a reference. It follows from seed and reference alone, so that a verifier knows what must have arrived
/// without having been told.
public struct LoadContent: Sendable {
    /// One material: noise of a length that the seed chooses.
    public struct Material: Sendable {
        /// Position in the submission, from 0.
        public let index: Int
        /// `MaterialRequirement.id` on the item's checklist.
        public let requirement: String
        /// bytes
        public let byteCount: Int
        fileprivate let generator: SeededGenerator

        /// The plaintext, made anew each time.
        public func bytes() -> Data {
            var generator = generator
            var data = Data(count: (byteCount + 7) / 8 * 8)
            data.withUnsafeMutableBytes { buffer in
                for offset in stride(from: 0, to: buffer.count, by: 8) {
                    buffer.storeBytes(of: generator.next().littleEndian, toByteOffset: offset, as: UInt64.self)
                }
            }
            return data.prefix(byteCount)
        }

        /// SHA-256 of the plaintext, lower-case hexadecimal
        public func digest() -> String { Digest.sha256(bytes()) }
    }

    /// 实施编码 of service items in Kiosk/catalogue, each with a material that it asks for.
    /// More than one item, because the platform gives an item 9,999 numbers a day.
    public static let items: [(code: String, requirement: String)] = [
        ("11999999MB000005033016042005001", "household-register"), ("11999999MB000007053005017007001", "vaccination-record"),
        ("11999999MB000006043019031006001", "licences"),
    ]

    public let reference: String
    public let itemCode: String
    /// 1 to 3
    public let materials: [Material]

    public init(seed: UInt64, reference: String) {
        var generator = SeededGenerator(seed: seed, text: reference)
        let item = Self.items[Int.random(in: 0..<Self.items.count, using: &generator)]
        self.reference = reference
        itemCode = item.code
        materials = (0..<Int.random(in: 1...3, using: &generator)).map { index in
            // Most documents are small; every eighth has many pages.
            let large = Int.random(in: 0..<8, using: &generator) == 0
            return Material(
                index: index, requirement: item.requirement, byteCount: Int.random(in: large ? 60_000...300_000 : 2_000...30_000, using: &generator),
                generator: SeededGenerator(seed: generator.next()))
        }
    }
}
