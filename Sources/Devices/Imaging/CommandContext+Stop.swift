internal import DeviceLink
internal import ImagingShim
internal import KioskModel

extension CommandContext {
    /// Lets the shim ask between its steps whether the command has been cancelled or its time is over.
    func withStop<Result>(_ body: (UnsafePointer<kiosk_stop>) throws -> Result) rethrows -> Result {
        let asked: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { pointer in
            guard let pointer else { return 0 }
            let context = Unmanaged<CommandContext>.fromOpaque(pointer).takeUnretainedValue()
            return context.isCancelled || context.remainingMilliseconds == 0 ? 1 : 0
        }
        return try withExtendedLifetime(self) {
            try withUnsafePointer(to: kiosk_stop(asked: asked, context: Unmanaged.passUnretained(self).toOpaque()), body)
        }
    }

    /// As ``ImagingCode/check(_:_:)``; what was stopped, and not by a cancel, was stopped by the deadline.
    func outcome(_ result: Int, _ subject: String) throws -> Int {
        if result == Int(KIOSK_IMAGING_STOPPED.rawValue), !isCancelled { throw DeviceFault.deadlinePassed }
        return try ImagingCode.check(result, subject)
    }
}
