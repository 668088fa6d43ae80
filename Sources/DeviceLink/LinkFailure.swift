/// Why a link can't be used any more, or a message couldn't be sent. None of them carries a word of the message itself,
/// which may hold what was read from a card.
public enum LinkFailure: Error, Equatable, Sendable {
    /// The peer is gone.
    case closed
    /// The peer doesn't take in messages.
    case timedOut
    /// The peer doesn't keep to the protocol: the link must end.
    case violation(Violation)
    /// What was to be sent fits no message (too long, too many files, a number JSON doesn't have); nothing was sent.
    case unsendable
    /// A system call failed with this errno.
    case system(call: String, code: Int32)

    /// What a peer did that the protocol doesn't allow.
    public enum Violation: String, Sendable, Codable, CaseIterable {
        /// Header longer than ``LinkChannel/maxHeader``, or more files than ``LinkChannel/maxFiles``.
        case oversized
        /// Not the JSON of a message of this direction.
        case malformed
        /// A file that isn't a memfd with all four seals.
        case unsealedFile
        /// Another number of files than the message carries.
        case fileCount
        /// A file of another size than the message says, or more bytes than a command may bring.
        case fileSize
        /// Numbers or texts outside their bounds.
        case outOfBounds
        /// No hello, or one that doesn't fit what was launched.
        case hello
        /// A message that doesn't belong to the state of the link: an unknown command, a second completion, an unasked pong.
        case unexpected
        /// A reply that doesn't fit its command.
        case mismatch
        /// More messages than a device has reason to send.
        case flood
    }
}
