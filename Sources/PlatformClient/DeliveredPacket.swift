public import Foundation
public import PlatformAPI

/// What the platform signed for a packet.
public struct DeliveredPacket: Sendable, Equatable {
    /// bytes. There is room for fields that this version doesn't know.
    private static let mostBytes = 16 << 10

    public var signed: SignedAcknowledgement
    /// JSON in UTF-8, to be kept: as it came, or of what is far too long only what is known of it.
    public var bytes: Data

    init(_ signed: SignedAcknowledgement, asItCame bytes: Data) throws {
        self.signed = signed
        self.bytes = bytes.count <= Self.mostBytes && String(validating: bytes, as: UTF8.self) != nil ? bytes : try PlatformJSON.encode(signed)
    }
}
