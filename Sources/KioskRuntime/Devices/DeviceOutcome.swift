public import DeviceLink

/// How a command to a device ended, with the files that came with its completion.
public struct DeviceOutcome: Sendable {
    public var completion: Completion
    public var files: [MemoryFile]

    public init(completion: Completion, files: [MemoryFile] = []) {
        self.completion = completion
        self.files = files
    }
}
