public import Foundation

/// What a packet says of itself, without any database.
public struct OutboxLabel: Sendable, Equatable {
    public var id: UUID
    /// As it was given when it was sealed.
    public var sequence: UInt64
    /// `application` or `material`
    public var kind: String
    /// What the citizen's receipt shows.
    public var reference: String
    /// The entry that must be delivered first.
    public var dependsOn: UUID?

    public init(id: UUID, sequence: UInt64, kind: String, reference: String, dependsOn: UUID? = nil) {
        self.id = id
        self.sequence = sequence
        self.kind = kind
        self.reference = reference
        self.dependsOn = dependsOn
    }
}

/// What came of making a database anew. Nothing in it names a person.
public struct OutboxRepair: Sendable, Codable, Equatable {
    /// Where the database lies that was damaged, whole with what belongs to it; nil when there was none.
    public var damaged: String?
    /// Entries taken over as their rows were.
    public var rows = 0
    /// Entries made anew of what their packets say; they wait to be delivered, once more if the platform has them.
    public var packets = 0
    /// Packets without a row whose commit was taken back: nobody was told that they are kept.
    public var unacknowledged = 0
    /// Files that don't tell what they are, or aren't what they tell; the next verification puts them into `orphans/`.
    public var unknown = 0

    public init() {}
}
