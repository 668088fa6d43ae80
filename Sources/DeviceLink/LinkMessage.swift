public import KioskModel

/// How a command ended. A closed set: the flow knows what to do with each.
public enum Completion: Sendable, Codable, Equatable {
    case success(DeviceResult)
    case remedy(CitizenRemedy)
    case fault(DeviceFault)
    /// The command was cancelled by kioskd before it had an effect.
    case cancelled
}

/// Client-chosen, unique within one connection, counting from 1.
public typealias CommandID = UInt64

/// First message of a host, which kioskd checks against what it launched.
public struct Hello: Sendable, Codable, Equatable {
    public static let currentVersion = 1

    public var version: Int
    /// Instance name: `reader`, `scanner`, `printer`, `imaging`.
    public var name: String
    public var deviceClass: DeviceClass

    public init(version: Int = Self.currentVersion, name: String, deviceClass: DeviceClass) {
        self.version = version
        self.name = name
        self.deviceClass = deviceClass
    }
}

/// From a host to kioskd.
public enum HostMessage: Sendable, Codable, Equatable {
    case hello(Hello)
    /// Unasked, on every change.
    case status(DeviceStatus)
    /// May carry files.
    case progress(CommandID, DeviceProgress)
    /// May carry files. Exactly one for each command.
    case completion(CommandID, Completion)
    /// Answers the ping of that number at once, whatever the driver is doing: a host that is stopped doesn't.
    case pong(UInt64)
}

/// From kioskd to a host.
public enum KioskMessage: Sendable, Codable, Equatable {
    /// May carry files. `deadline` in milliseconds from receipt: the host answers by then or its watchdog ends it.
    case command(CommandID, DeviceCommand, deadline: Int)
    /// The command may have ended already: then it has no effect.
    case cancel(CommandID)
    /// Sent when the host has been silent for a while.
    case ping(UInt64)
}
