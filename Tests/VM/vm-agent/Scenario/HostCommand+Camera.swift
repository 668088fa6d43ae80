import DeviceLink

extension HostCommand.Family {
    /// `preview [RATE]`, `capture`, `awaitCodeInView`
    static let camera = HostCommand.Family(names: ["preview", "capture", "awaitCodeInView"]) { (name, arguments) throws(DeviceTrouble) in
        var request = CameraRequest(width: 640, height: 480)
        if name == "preview", arguments.count == 1, let rate = Int(arguments[0]), (1...60).contains(rate) {
            request.rate = rate
        } else {
            guard arguments.isEmpty else { throw DeviceTrouble("write `preview [RATE]`, `capture` or `awaitCodeInView`") }
        }
        switch name {
        case "preview": return HostCommand(.preview(request))
        case "capture": return HostCommand(.capture(request))
        default: return HostCommand(.awaitCodeInView(request))
        }
    }
}
