/// Why a packet didn't get through.
public struct DeliveryError: Error, Equatable, CustomStringConvertible {
    /// What follows from the failure; the loop branches on nothing else.
    public enum Kind: String, Sendable, CaseIterable {
        /// No connection, or it broke: everything waits.
        case unreachable
        /// The platform, or something before it, asks to come again.
        case retryable
        /// The platform will never take this packet.
        case rejected
        /// The sealed file isn't what was committed: there is nothing to send.
        case damaged
        /// Whoever answered isn't the platform: a captive portal, a wrong certificate, a wrong signature. Everything waits.
        case notThePlatform
        /// The platform doesn't take this kiosk's credential: everything waits.
        case unauthorised
    }

    /// What follows from it.
    public let kind: Kind
    /// Stable, dotted: `http.503`, `tls.certificate`.
    public let code: String
    /// One sentence for the journal, without personal data.
    public let message: String
    /// `Retry-After` of a `retryable`; nil when none was given.
    public let retryAfter: Duration?

    /// `code` and `message` go to the journal and to the queue's `lastError`.
    public init(_ kind: Kind, code: String, message: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Kind, code and message, for the journal.
    public var description: String { "\(kind.rawValue) (\(code)): \(message)" }
}
