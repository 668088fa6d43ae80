public import Foundation
public import KioskModel

/// `GET /v1/status`: `kioskctl status`.
public struct KioskReport: Sendable, Codable, Equatable {
    public var kiosk: String
    public var version: String
    public var startedAt: Date
    /// Whether the platform answered the last time it was asked.
    public var platformReachable: Bool
    public var platformLastContact: Date?
    public var power: KioskPower
    public var devices: [DeviceReport]
    public var queue: QueueReport
    /// Why the devices' records (`devices.db`) can't be kept, in words; nil while they can. The kiosk serves meanwhile; doors and prints, which must be
    /// written down, wait.
    public var recordsTrouble: String?

    public init(
        kiosk: String, version: String, startedAt: Date, platformReachable: Bool, platformLastContact: Date?, power: KioskPower,
        devices: [DeviceReport], queue: QueueReport, recordsTrouble: String? = nil
    ) {
        self.kiosk = kiosk
        self.version = version
        self.startedAt = startedAt
        self.platformReachable = platformReachable
        self.platformLastContact = platformLastContact
        self.power = power
        self.devices = devices
        self.queue = queue
        self.recordsTrouble = recordsTrouble
    }
}

/// What the kiosk lives on, as its power supply tells, and what it does about it.
public enum KioskPower: String, Sendable, Codable {
    /// The mains; also where no power supply tells.
    case mains
    case battery
    /// On a battery that won't last for another citizen: nobody is let in, and the kiosk ends in order when the battery does.
    case closing
}

/// `GET /v1/devices`, `GET /v1/devices/{name}`: `kioskctl device list|show`.
public struct DeviceReport: Sendable, Codable, Equatable {
    public var name: String
    public var deviceClass: DeviceClass
    public var state: DeviceState
    public var fault: DeviceFault?
    public var identity: [String: String]
    /// What is worth knowing beside the state: `paperLow`, `doorOpen` with the door's number.
    public var conditions: [DeviceCondition]
    /// Process id of the host; nil when none runs.
    public var pid: Int32?
    /// How often the host was started anew since kioskd started.
    public var restarts: Int
    /// Why the last host ended: `exit 1`, `signal 9`, `watchdog`; nil before the first end.
    public var lastExit: String?
    /// Commands carried out, well or badly, in the device's whole life at this kiosk.
    public var uses: Int
    /// Those that ended in a device fault.
    public var failures: Int
    /// Mean time of a command, from order to answer, the citizen's own time included; nil before the first.
    public var meanMilliseconds: Int?
    /// Open while the device is out of service.
    public var ticket: DeviceTicket?

    public init(
        name: String, deviceClass: DeviceClass, state: DeviceState, fault: DeviceFault? = nil, identity: [String: String] = [:],
        conditions: [DeviceCondition] = [], pid: Int32? = nil, restarts: Int = 0, lastExit: String? = nil, uses: Int = 0, failures: Int = 0,
        meanMilliseconds: Int? = nil, ticket: DeviceTicket? = nil
    ) {
        self.name = name
        self.deviceClass = deviceClass
        self.state = state
        self.fault = fault
        self.identity = identity
        self.conditions = conditions
        self.pid = pid
        self.restarts = restarts
        self.lastExit = lastExit
        self.uses = uses
        self.failures = failures
        self.meanMilliseconds = meanMilliseconds
        self.ticket = ticket
    }
}

/// `GET /v1/session`: `kioskctl session show`. What a technician may know of the citizen at the screen: the screen's name, never its content.
public struct SessionReport: Sendable, Codable, Equatable {
    public var session: String
    public var revision: Int
    public var screen: String
    public var language: Language
    public var startedAt: Date?

    public init(session: String, revision: Int, screen: String, language: Language, startedAt: Date?) {
        self.session = session
        self.revision = revision
        self.screen = screen
        self.language = language
        self.startedAt = startedAt
    }
}
