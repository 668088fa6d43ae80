import DeviceLink

extension HostCommand.Family {
    /// `readKeys`
    static let keypad = HostCommand.Family(names: ["readKeys"]) { (name, arguments) throws(DeviceTrouble) in
        guard arguments.isEmpty else { throw DeviceTrouble("`\(name)` takes no words") }
        return HostCommand(.readKeys)
    }
}
