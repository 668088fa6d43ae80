public import KioskModel

/// One push of the touchscreen's event stream: always a whole screen (rule 8 of the design).
public struct ScreenUpdate: Sendable, Codable, Equatable {
    /// Opaque; a new one for every citizen.
    public var session: String
    /// Counts up within the session.
    public var revision: Int
    public var screen: Screen

    public init(session: String, revision: Int, screen: Screen) {
        self.session = session
        self.revision = revision
        self.screen = screen
    }
}

/// One touch. It names the screen it was made on: a stale one is refused with 409 and has no effect.
public struct TouchEvent: Sendable, Codable, Equatable {
    public var session: String
    public var revision: Int
    public var touch: Touch

    public init(session: String, revision: Int, touch: Touch) {
        self.session = session
        self.revision = revision
        self.touch = touch
    }
}

/// The one error shape of the local API, in the manner of RFC 9457 (`application/problem+json`).
public struct LocalProblem: Sendable, Codable, Equatable, Error {
    /// HTTP status code
    public var status: Int
    /// Stable, dotted: `touch.stale`, `auth.token`.
    public var code: String
    /// What to do, in one sentence, without personal data.
    public var detail: String

    public init(status: Int, code: String, detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }
}
