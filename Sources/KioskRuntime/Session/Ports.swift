public import DeviceLink
public import Foundation
public import PlatformAPI

/// What the session needs of the devices. `DeviceSupervisor` is the one implementation outside tests.
public protocol DeviceRunner: Sendable {
    /// Carries out one command and always returns: with the device's answer, a fault, or `.cancelled` once the calling task is cancelled.
    /// `progress` is called in order, before the return.
    func perform(
        _ command: DeviceCommand, on name: String, files: [MemoryFile], deadline: Duration,
        progress: @escaping @Sendable (DeviceProgress, [MemoryFile]) -> Void
    ) async -> DeviceOutcome
}

/// One packet to be stored: what the store needs to know of it. The content stays sealed.
public struct PacketDraft: Sendable, Equatable {
    /// UUIDv7, idempotency key towards the platform.
    public var id: UUID
    public var kind: PacketKind
    public var reference: String
    /// Delivered only after that packet.
    public var dependsOn: UUID?

    public init(id: UUID, kind: PacketKind, reference: String, dependsOn: UUID?) {
        self.id = id
        self.kind = kind
        self.reference = reference
        self.dependsOn = dependsOn
    }
}

/// One packet that is durable: only a store that keeps it says so.
public struct KeptPacket: Sendable, Equatable {
    public var id: UUID
    /// SHA-256 of the sealed bytes, lower-case hexadecimal
    public var digest: String

    public init(id: UUID, digest: String) {
        self.id = id
        self.digest = digest
    }
}

/// What the session needs of the outbox.
public protocol SubmissionStore: Sendable {
    /// Returns only when every packet is durable: files and directory fsynced, rows committed with synchronous=FULL. All or nothing.
    /// `seal` is called once a draft with the sequence number given to it, and writes sealed bytes into the sink; then `closing` with their SHA-256
    /// (32 bytes), whose result ends the packet. Returns what is kept, in the order of the drafts.
    func commit(
        _ drafts: [PacketDraft], at date: Date, closing: @escaping @Sendable (_ digest: Data) throws -> Data,
        seal: @escaping @Sendable (PacketDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) async throws -> [KeptPacket]
}
