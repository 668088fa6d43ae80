public import KioskModel

/// What a driver makes of one device. Runs inside kiosk-device on one thread of its own: every call may block,
/// none may outlive its deadline by more than the watchdog's grace.
public protocol DeviceDriver: AnyObject {
    /// Opens or reopens the device if need be and says how it is. Called once before the first command, then about every 3 s while nothing
    /// else runs, after each command, and while the device is missing soon after the kernel tells of one that came; cheap, at most 10 s.
    /// One on a node of its own puts that into the identity (``DeviceStatus/node``), unless it is the tty of the option `port`.
    func poll() -> DeviceStatus

    /// Carries out one command. Throws `CitizenRemedy`, `DeviceFault` or `CancellationError`; anything else becomes a fault `link.internal`.
    /// `files` has exactly ``DeviceCommand/fileCount`` files.
    func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply
}

/// A driver whose conversation with the device can be written down (the line drivers).
public protocol RecordableDriver: DeviceDriver {
    /// Opens the device anew, and writes down everything from then on. Throws as ``perform(_:files:context:)``.
    func beginRecording() throws

    /// Ends that. Returns the recording's text, in which every personal field is replaced by a synthetic one of equal shape: a recording with
    /// something in it that the driver can't make anonymous is refused (`link.recording-refused`), never handed over.
    func endRecording() throws -> String
}

/// What a driver is made of and with.
public struct HostServices: Sendable {
    /// The configuration of the device.
    public var options: [String: String]
    /// Has the device polled at once: for a driver that learns of a change on a thread of its own (a door, a key, the mains). From any thread.
    public var wake: @Sendable () -> Void

    public init(options: [String: String] = [:], wake: @escaping @Sendable () -> Void = {}) {
        self.options = options
        self.wake = wake
    }
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
