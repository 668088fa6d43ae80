public import Foundation

/// What the delivery loop knows of the platform.
public struct DeliveryStatus: Sendable, Equatable {
    /// Whether the platform answered the last time it was asked; false before the first time.
    public var platformReachable: Bool
    /// When it last answered, with whatever answer.
    public var lastContact: Date?

    /// Nothing is known before the first attempt.
    public init(platformReachable: Bool = false, lastContact: Date? = nil) {
        self.platformReachable = platformReachable
        self.lastContact = lastContact
    }
}

/// One thing that happened in the delivery loop.
public enum DeliveryUpdate: Sendable, Equatable {
    /// `platformReachable` changed.
    case status(DeliveryStatus)
    case delivered(id: UUID, reference: String)
    /// Code and sentence, without personal data.
    case rejected(id: UUID, reference: String, error: String)
    /// Code and sentence, without personal data.
    case quarantined(id: UUID, reference: String, error: String)
    case postponed(id: UUID, until: Date)
}
