public import Foundation

/// `GET /v1/info`: what a kiosk must know to seal and to verify. The first key of each list is the current one.
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
