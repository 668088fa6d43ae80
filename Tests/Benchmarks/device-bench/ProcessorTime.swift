import BenchLine
import Glibc

/// What a process has run, all its threads together, ended ones too: its processor-time clock (clock_getcpuclockid(3)). /proc/PID/stat counts in ticks
/// of 10 ms, which is too coarse for a host that does almost nothing.
enum ProcessorTime {
    static func of(_ pid: Int32) throws -> Duration {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { throw BenchFailure("process \(pid) is gone") }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
