public import Foundation

/// `GET /v1/devices/{name}/log`, `kioskctl device log`: one door that was ordered open, or one job that was sent to a printer. No personal value.
public struct DeviceLogEntry: Sendable, Codable, Equatable {
    public enum Kind: String, Sendable, Codable { case opening, printing }

    /// UUIDv7
    public var id: UUID
    public var device: String
    public var kind: Kind
    /// Before the order went out.
    public var orderedAt: Date
    /// When the outcome was known; nil without one.
    public var endedAt: Date?
    /// Of an opening: the door's number, from 1.
    public var door: Int?
    /// Of a printing: its title in the printer's job list, which is the reference number; nil for a receipt printer.
    public var reference: String?
    /// Of a printing: whether the printer is known to have taken the job; nil while that isn't known.
    public var accepted: Bool?
    /// Of a printing: sheets that are known to be printed.
    public var sheets: Int?
    /// Of a printing: true once the paper was seen to leave the printer's mouth; nil while that isn't known.
    public var taken: Bool?
    /// `done`, `remedy NAME`, `fault CODE`, `cancelled`, or `unknown`: kioskd ended between order and answer.
    public var outcome: String

    public init(
        id: UUID, device: String, kind: Kind, orderedAt: Date, endedAt: Date? = nil, door: Int? = nil, reference: String? = nil,
        accepted: Bool? = nil, sheets: Int? = nil, taken: Bool? = nil, outcome: String
    ) {
        self.id = id
        self.device = device
        self.kind = kind
        self.orderedAt = orderedAt
        self.endedAt = endedAt
        self.door = door
        self.reference = reference
        self.accepted = accepted
        self.sheets = sheets
        self.taken = taken
        self.outcome = outcome
    }
}
