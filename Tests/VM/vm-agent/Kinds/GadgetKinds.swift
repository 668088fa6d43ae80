extension DeviceKind {
    /// Kernel gadgets on dummy_hcd, vivid and uinput: cameras, code scanner and keypads, receipt printer, locker board. `vm-device` plays them.
    static let gadgets: [DeviceKind] = roles.map { role in
        DeviceKind(name: role.name) { options, place in try GadgetDevice(role, options: options, place: place) }
    }

    private static let roles = [
        GadgetDevice.Role(name: "vivid", uses: [("v4l2", ["--driver", "vivid"])], verbs: [], options: { _ in "card=vivid largest=640x360" }),
        GadgetDevice.Role(name: "uvc", uses: [("v4l2", [])], verbs: ["stall", "resume"], options: { "serial=\($0)" }),
        GadgetDevice.Role(
            name: "hid", uses: [("hidraw", []), ("evdev", [])], verbs: ["scan", "scan-part", "show", "hide", "press", "hold"],
            options: { "usb=0525:a4ac serial=\($0)" }),
        GadgetDevice.Role(name: "printer", uses: [("printer", [])], verbs: ["paper", "jam", "free", "printed"]),
        GadgetDevice.Role(
            name: "acm", uses: [("acm", [])],
            verbs: ["echo", "withhold", "release", "open", "shut", "locks", "stick", "free", "noise", "polarity"],
            steps: ["query", "open", "state"],
            options: { serial in GadgetDevice.terminal(serial).map { "port=\($0) polarity=open-is-0" } }),
        GadgetDevice.Role(name: "uinput", uses: [("evdev", [])], verbs: ["press", "hold"]),
    ]
}
