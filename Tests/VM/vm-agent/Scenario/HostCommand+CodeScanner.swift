import DeviceLink

extension HostCommand.Family {
    /// `awaitCode`
    static let codeScanner = HostCommand.Family(names: ["awaitCode"]) { (_, arguments) throws(DeviceTrouble) in
        guard arguments.isEmpty else { throw DeviceTrouble("`awaitCode` takes no words") }
        return HostCommand(.awaitCode)
    }
}
