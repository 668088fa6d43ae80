public import Foundation
public import PlatformAPI

/// What the platform signed for a packet: judged, and as it came.
public struct DeliveredPacket: Sendable, Equatable {
    /// bytes. There is room for fields that this version doesn't know; the kiosk keeps them all.
    static let mostBytes = 16 << 10

    public var signed: SignedAcknowledgement
    /// JSON
    public var bytes: Data
}
