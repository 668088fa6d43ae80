import DeviceLink

extension HostCommand.Family {
    /// `signal reader-light on`, `… off`, `… blink 200`, `… pulse 50`, in milliseconds
    static let auxiliaries = HostCommand.Family(names: ["signal"]) { (name, arguments) throws(DeviceTrouble) in
        let number = arguments.count == 3 ? Int(arguments[2]) : nil
        let pattern: SignalRequest.Pattern? =
            switch (arguments.dropFirst().first, number) {
            case ("off", nil): .off
            case ("on", nil): .on
            case ("blink", let period?): .blink(period: period)
            case ("pulse", let length?): .pulse(length)
            default: nil
            }
        guard let pattern, arguments.count == (number == nil ? 2 : 3) else {
            throw DeviceTrouble("write `signal OUTPUT off`, `on`, `blink MILLISECONDS` or `pulse MILLISECONDS`")
        }
        return HostCommand(.signal(SignalRequest(output: arguments[0], pattern: pattern)))
    }
}
