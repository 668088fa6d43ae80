internal import DeviceLink
public import KioskModel
internal import PlatformAPI

/// Whether another citizen may begin to hand something in: a value that is told how much room the queue has.
///
/// Nobody is let in who might stand before a full queue with a stack of scanned pages: there must be room for the largest submission that could come.
public struct RoomPolicy: Sendable, Equatable {
    /// bytes, sealed: what the platform takes of an application without its materials
    static let largestApplication = 1 << 20

    /// bytes that the largest submission takes
    public let needed: Int
    /// Whether there is room for it.
    public private(set) var hasRoom = true

    public init(needed: Int) {
        self.needed = needed
    }

    /// bytes, sealed, of the largest submission for any of these items: every material as one PDF of the largest size that the worker is asked for.
    public static func largestSubmission(of items: [ServiceItem]) -> Int {
        let material = PacketFormat.sealedSizes(ofPlaintext: DocumentRequest.usualMaxBytes).upperBound
        return largestApplication + material * (items.map(\.materials.count).max() ?? 0)
    }

    /// bytes of room at which a queue that was full takes submissions again: enough more that the menu doesn't change with every line of the journal
    public var reopening: Int { needed + needed / 4 }

    /// Takes how many bytes can still be committed.
    public mutating func update(room: Int) {
        hasRoom = room >= (hasRoom ? needed : reopening)
    }
}
