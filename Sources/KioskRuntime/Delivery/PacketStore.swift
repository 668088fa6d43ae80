public import Foundation

/// Thrown by a `PacketStore` that can't be worked with now: it has no room to write, or can't read what it holds. Nothing was changed, and a later try is right.
public struct PacketStoreUnavailable: Error {
    /// A code and a sentence for the journal, without personal data.
    public let reason: String

    public init(_ reason: String) {
        self.reason = reason
    }
}

/// What the delivery loop needs of the outbox. kioskd supplies it; every call is durable when it returns. Others may change a packet while it is under way:
/// what then came of it is kept where that still says something, and is no error where it doesn't.
public protocol PacketStore: Sendable {
    /// Packets to deliver now, in the order to try them: none before its dependency was delivered. One whose time lies further ahead than `longestDelay` is due,
    /// too: the clock was put back.
    func due(at date: Date, limit: Int, among lane: DeliveryLane) async throws -> [QueuedPacket]
    /// When the next one becomes due; nil when none will by the mere passing of time.
    func nextDueDate(among lane: DeliveryLane) async throws -> Date?
    /// Counts a failure; the packet isn't due before `retryAt`.
    func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) async throws
    /// Makes every waiting packet due.
    func clearDelays() async throws
    /// Keeps the acknowledgement; the packet is never sent again.
    func markDelivered(id: UUID, receipt: AcknowledgementReceipt, at date: Date) async throws
    /// Sets the packet aside that the platform refused, and with it what depends on it.
    func markRejected(id: UUID, error: String, at date: Date) async throws
    /// Sets the packet aside whose sealed file isn't what was committed, and with it what depends on it.
    func quarantine(id: UUID, error: String) async throws
}

/// What a free place on the way to the platform may be given.
public struct DeliveryLane: Sendable, Equatable {
    /// None that would keep it busy for long.
    public var smallOnly: Bool
    /// Those that are under way.
    public var except: Set<UUID>

    public init(smallOnly: Bool = false, except: Set<UUID> = []) {
        self.smallOnly = smallOnly
        self.except = except
    }
}
