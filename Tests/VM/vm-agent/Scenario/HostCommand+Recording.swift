import DeviceLink

extension HostCommand.Family {
    /// `beginRecording`, `endRecording`: any device on a line
    static let recording = HostCommand.Family(names: ["beginRecording", "endRecording"]) { (name, arguments) throws(DeviceTrouble) in
        guard arguments.isEmpty else { throw DeviceTrouble("`\(name)` takes no words") }
        return HostCommand(name == "beginRecording" ? .beginRecording : .endRecording)
    }
}
