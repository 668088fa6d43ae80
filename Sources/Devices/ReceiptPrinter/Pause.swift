internal import DeviceLink
internal import Glibc

enum Pause {
    /// Waits in steps that notice a cancelled command, and not beyond the deadline.
    static func wait(_ milliseconds: Int32, _ context: CommandContext) throws {
        let end = ContinuousClock.now + .milliseconds(min(milliseconds, context.remainingMilliseconds))
        while ContinuousClock.now < end {
            try context.checkCancelled()
            usleep(10_000)
        }
    }
}
