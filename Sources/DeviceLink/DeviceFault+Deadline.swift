package import KioskModel

extension DeviceFault {
    /// The driver gave up at the command's deadline, in good order: nothing was done, and the device is free.
    package static var deadlinePassed: DeviceFault {
        DeviceFault(code: "link.deadline", action: .reset, detail: "the command's time was over before there was anything to tell")
    }
}
