public import Foundation

/// Thrown by a `PacketStore` that has no room to write: nothing was changed, and a later try is right.
public struct PacketStoreFull: Error {
    public init() {}
}

/// What the delivery loop needs of the outbox. kioskd supplies it; every call is durable when it returns.
public protocol PacketStore: Sendable {
    /// Packets to deliver now, in the order to try them: none before its dependency was delivered.
    func due(at date: Date, limit: Int) async throws -> [QueuedPacket]
    /// When the next one becomes due; nil when none will by the mere passing of time.
    func nextDueDate() async throws -> Date?
    /// Counts a failure; the packet isn't due before `retryAt`.
    func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) async throws
    /// Makes every waiting packet due.
    func clearDelays() async throws
    /// Keeps the acknowledgement; the packet is never sent again.
    func markDelivered(id: UUID, acknowledgement: Data, at date: Date) async throws
    /// Sets the packet aside, and with it what depends on it.
    func markRejected(id: UUID, error: String, at date: Date) async throws
}
