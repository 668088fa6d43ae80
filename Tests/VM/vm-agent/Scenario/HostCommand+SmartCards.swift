import DeviceLink

extension HostCommand.Family {
    /// `readSocialSecurityCard`; waiting for its removal is `awaitCardRemoval`.
    static let smartCards = HostCommand.Family(names: ["readSocialSecurityCard"]) { (name, arguments) throws(DeviceTrouble) in
        guard arguments.isEmpty else { throw DeviceTrouble("`\(name)` takes no words") }
        return HostCommand(.readSocialSecurityCard)
    }
}
