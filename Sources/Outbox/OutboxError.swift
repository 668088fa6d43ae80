/// Why the outbox refused: branch on `code`, show `message` in the journal. Neither ever holds a value read from a card or a page.
public struct OutboxError: Error, CustomStringConvertible {
    /// Stable: raw values stand in the journal.
    public enum Code: String, Sendable, CaseIterable {
        /// No room left: disk, quota or file-size limit. Nothing was committed; try again when there is room.
        case diskFull = "outbox.disk-full"
        /// The commit would take more than the quota or the reserve leave. Nothing was committed; try again when there is room.
        case full = "outbox.full"
        /// The disk answered with an error, or an fsync failed. Nothing was acknowledged.
        case io = "outbox.io"
        /// The database or the directory contradicts itself. Somebody must look; opening again won't mend it.
        case corrupt = "outbox.corrupt"
        /// Another process holds the directory.
        case locked = "outbox.locked"
        /// A draft that can't be kept: an id used before, an unknown dependency, an empty payload. A mistake of the caller.
        case invalidDraft = "outbox.invalid-draft"
        /// No such entry, or one whose state doesn't allow what was asked for.
        case wrongState = "outbox.wrong-state"
        /// A look at the database was broken off, as was asked for.
        case interrupted = "outbox.interrupted"
        /// An earlier write ended in an unknown state. This object commits nothing more; open the directory anew.
        case failed = "outbox.failed"
    }

    /// What kind of refusal.
    public let code: Code
    /// One sentence: what was tried, and the system's answer.
    public let message: String
    /// The error beneath, where there is one.
    public let cause: (any Error)?

    /// `message` must hold no personal value.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Code and message, for the journal.
    public var description: String { "\(code.rawValue): \(message)" }
}
