extension HostCommand.Family {
    /// None yet: a command of this device's own is a case of `DeviceCommand`, with its facts beside it, its answers in `ReplyRules`, and its words here
    /// as `HostCommand+Locker.swift` has them.
    static let @name@ = HostCommand.Family(names: []) { (name, _) throws(DeviceTrouble) in throw DeviceTrouble("`\(name)` isn't known here") }
}
