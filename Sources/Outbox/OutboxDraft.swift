public import Foundation

/// One packet before it is sealed and committed.
public struct OutboxDraft: Sendable {
    /// UUIDv7: the packet's name for ever, and the platform's idempotency key.
    public var id: UUID
    /// `application` or `material`
    public var kind: String
    /// What the citizen's receipt shows; it names no person.
    public var reference: String
    /// The entry that must be delivered first: earlier in the same commit, or committed before.
    public var dependsOn: UUID?

    /// Nothing is stored until `Outbox.commit`.
    public init(id: UUID, kind: String, reference: String, dependsOn: UUID? = nil) {
        self.id = id
        self.kind = kind
        self.reference = reference
        self.dependsOn = dependsOn
    }
}
