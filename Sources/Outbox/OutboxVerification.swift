public import Foundation

/// What a verification in depth has looked at and found. Nothing in it names a person.
public struct OutboxVerification: Sendable, Codable, Equatable {
    /// How many entries were to be looked at when it began.
    public var total = 0
    /// Entries looked at.
    public var entries = 0
    /// bytes of sealed payload read and digested
    public var bytes = 0
    /// Files without an entry that were taken away: of commits that never were acknowledged. Finished ones are kept in `orphans/`.
    public var orphans = 0
    /// Entries that were to be delivered, and are in quarantine now: their payload is missing, torn or changed.
    public var quarantined: [UUID] = []
    /// Other entries with such a payload: delivered ones, which couldn't be sent again, and refused ones.
    public var damaged: [UUID] = []
    /// Entries whose payload the disk doesn't hand out. They stay as they are: a disk that doesn't answer isn't a file that is gone.
    public var unreadable: [UUID] = []
    /// What SQLite found wrong with the database, a line each. The outbox takes no further commit then, and the look ends there.
    public var databaseFaults: [String] = []

    /// Nothing was looked at yet.
    public init() {}

    /// Whether nothing needs a technician. Orphans don't.
    public var isClean: Bool { quarantined.isEmpty && damaged.isEmpty && unreadable.isEmpty && databaseFaults.isEmpty }
}
