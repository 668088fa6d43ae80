public import Foundation
public import KioskModel

/// A device that is out of service until somebody comes: what is wrong, since when, and what the kiosk has tried by itself.
public struct DeviceTicket: Sendable, Codable, Equatable {
    /// What the kiosk does about a fault that a reset may mend, gentlest first.
    public enum Rung: String, Sendable, Codable, CaseIterable {
        /// Ask the device again.
        case retry
        /// Let go of the device and open it anew.
        case reset
        /// End the device's host process and start another.
        case restart
        /// Reset the USB port that the device is plugged into.
        case port
    }

    /// UUIDv7
    public var id: UUID
    public var device: String
    /// The fault as it was seen last.
    public var fault: DeviceFault
    public var firstSeen: Date
    /// In the order of the first attempt; empty for a fault that no reset mends, such as paper that ran out.
    public var tried: [Rung]
    /// True when the device may call itself ready while its commands fail: the ticket stays, also over restarts, until one succeeds or a technician has
    /// reset the device. Else nil.
    public var failsCommands: Bool?

    public init(id: UUID, device: String, fault: DeviceFault, firstSeen: Date, tried: [Rung], failsCommands: Bool? = nil) {
        self.id = id
        self.device = device
        self.fault = fault
        self.firstSeen = firstSeen
        self.tried = tried
        self.failsCommands = failsCommands
    }
}
