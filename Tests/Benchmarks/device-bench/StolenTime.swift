import BenchLine
import Foundation

/// Time that the machine's own host took its processors away for, in a virtual machine (`steal` in proc_stat(5)). Zero on real hardware.
enum StolenTime {
    /// Ticks of 10 ms since the start, over all processors. A shorter theft is told with the next ones.
    static func ticks() throws -> Int {
        let line = try String(contentsOfFile: "/proc/stat", encoding: .utf8).prefix { $0 != "\n" }
        let fields = line.split(separator: " ")
        guard fields.count > 8, let ticks = Int(fields[8]) else { throw BenchFailure("/proc/stat doesn't tell of stolen time") }
        return ticks
    }
}
