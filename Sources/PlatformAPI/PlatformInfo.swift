public import Foundation

/// `GET /v1/info`: what a kiosk must know to seal and to verify. The first key of each list is the current one; platforms of former versions list those before it.
public struct PlatformInfo: Sendable, Codable, Hashable {
    public var sealingKeys: [SealingKeyStatement]
    public var acknowledgementKeys: [AcknowledgementKey]
    /// The platform's term and backup watermark, unsigned: whether there is a reason to ask for its `LedgerStatement`.
    public var term: UUID
    public var watermark: UInt64
    /// bytes of the largest sealed packet that is taken
    public var maxPacketSize: Int
    /// The platform's clock, whole seconds.
    public var time: Date
    /// Of the sealing keys that were told of, how many are of a profile that this version doesn't know; they are left out. Not in the JSON.
    public private(set) var unknownSealingKeys = 0

    public init(
        sealingKeys: [SealingKeyStatement], acknowledgementKeys: [AcknowledgementKey], term: UUID, watermark: UInt64, maxPacketSize: Int, time: Date
    ) {
        self.sealingKeys = sealingKeys
        self.acknowledgementKeys = acknowledgementKeys
        self.term = term
        self.watermark = watermark
        self.maxPacketSize = maxPacketSize
        self.time = time
    }

    private enum CodingKeys: CodingKey {
        case sealingKeys, acknowledgementKeys, term, watermark, maxPacketSize, time
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let announced = try container.decode([AnnouncedKey].self, forKey: .sealingKeys)
        self.init(
            sealingKeys: announced.compactMap(\.statement),
            acknowledgementKeys: try container.decode([AcknowledgementKey].self, forKey: .acknowledgementKeys),
            term: try container.decode(UUID.self, forKey: .term), watermark: try container.decode(UInt64.self, forKey: .watermark),
            maxPacketSize: try container.decode(Int.self, forKey: .maxPacketSize), time: try container.decode(Date.self, forKey: .time))
        unknownSealingKeys = announced.count - sealingKeys.count
    }

    /// One of the list, which a later version of the platform may have begun with a profile of its own.
    private struct AnnouncedKey: Decodable {
        /// Nil for a key of a profile that isn't known.
        let statement: SealingKeyStatement?

        private struct Outline: Decodable {
            struct Key: Decodable { var profile: String? }
            var key: Key
        }

        init(from decoder: any Decoder) throws {
            let profile = try Outline(from: decoder).key.profile
            let isKnown = profile.map { CryptoProfile(rawValue: $0) != nil } ?? true
            statement = isKnown ? try SealingKeyStatement(from: decoder) : nil
        }
    }
}

/// The JSON of the platform: ISO 8601 dates in whole seconds, base64 bytes, sorted keys.
/// Application submissions are encoded with it before they are sealed.
public enum PlatformJSON {
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: data)
    }
}
