public import Foundation

/// The body of `POST /v1/receipts/check`.
public struct CustodyQuestion: Sendable, Codable, Hashable {
    /// A kiosk's receipt: `SignedCustodyReceipt.token`.
    public var token: String

    public init(token: String) {
        self.token = token
    }

    /// bytes of a request's body; JSON may write a character in six
    public static let largest = 4 << 10
}

/// The platform's answer on a receipt that is genuine: what has come of what the kiosk holds.
public struct CustodyReport: Sendable, Codable, Hashable {
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Not all of it has arrived. The kiosk holds it; so it is behind a platform that was restored, until the kiosk has sent it again.
        case held
        /// All of it has been taken, and is what the receipt names.
        case accepted
        /// The platform refused a part of it for good; see `reason`.
        case rejected
        /// What the platform has under the receipt's id isn't what the receipt names.
        case differs
    }

    /// What the kiosk signed.
    public var receipt: CustodyReceipt
    public var state: State
    /// How many of its packets the platform has taken: at most one and the materials.
    public var arrived: Int
    /// 办件编号, once the application has been taken.
    public var applicationNumber: String?
    /// When the last of them was taken; only with `accepted`.
    public var acceptedAt: Date?
    /// `SignedAcceptance.token`; only with `accepted`.
    public var acceptance: String?
    /// A `RejectionReason`; only with `rejected`.
    public var reason: String?

    public init(
        receipt: CustodyReceipt, state: State, arrived: Int = 0, applicationNumber: String? = nil, acceptedAt: Date? = nil, acceptance: String? = nil,
        reason: String? = nil
    ) {
        self.receipt = receipt
        self.state = state
        self.arrived = arrived
        self.applicationNumber = applicationNumber
        self.acceptedAt = acceptedAt
        self.acceptance = acceptance
        self.reason = reason
    }
}
