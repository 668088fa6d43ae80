public import KioskModel

/// What a driver makes of one device. Runs inside kiosk-device on one thread of its own: every call may block,
/// none may outlive its deadline by more than the watchdog's grace.
public protocol DeviceDriver: AnyObject {
    /// Opens or reopens the device if need be and says how it is. Called once before the first command, then about every 3 s while nothing
    /// else runs, and after each command; cheap, at most 10 s.
    func poll() -> DeviceStatus

    /// Carries out one command. Throws `CitizenRemedy`, `DeviceFault` or `CancellationError`; anything else becomes a fault `link.internal`.
    /// `files` has exactly ``DeviceCommand/fileCount`` files.
    func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply
}

/// A driver's answer: the result and the files that belong to it.
public struct DeviceReply {
    public var result: DeviceResult
    public var files: [MemoryFile]

    public init(_ result: DeviceResult, files: [MemoryFile] = []) {
        self.result = result
        self.files = files
    }
}
