import BenchLine
import Foundation

/// Time that the machine's own host took its processors away for, in a virtual machine (`steal` in proc_stat(5)). Zero on real hardware.
enum StolenTime {
    /// Where a measurement begins, and what had been stolen until then.
    struct Moment {
        /// Behind the look at /proc, which takes its time.
        private var stolen = try? StolenTime.ticks()
        private var time = ContinuousClock.now

        /// From here to `end`; nil when a processor was taken away meanwhile: what that took is none of ours. To be asked right after the end.
        func undisturbed(to end: ContinuousClock.Instant) async throws -> Duration? {
            // The kernel tells of a theft with its next tick.
            try await Task.sleep(for: .milliseconds(10))
            guard let stolen, try StolenTime.ticks() == stolen else { return nil }
            return end - time
        }
    }

    /// For how long a measurement waits, altogether, for the host to be quiet.
    private static let patience = Duration.seconds(600)

    /// Takes so many measurements, each again for as long as it is disturbed, and says on standard error how often that was. Nothing is left out for any
    /// other reason. Throws `BenchFailure` when the host wasn't quiet for long enough in ten minutes.
    /// - Parameters:
    ///   - things: what is measured, in the plural, after the name of the measurement: `reader`, `reads`
    ///   - measure: one of them, by its number from 0; nil when it was disturbed
    static func retaking<Value>(
        _ count: Int, _ name: String, _ things: String, _ measure: (_ number: Int) async throws -> Value?
    ) async throws -> [Value] {
        var values: [Value] = []
        var disturbed = 0
        var waited = Duration.zero
        while values.count < count {
            if let value = try await measure(values.count) {
                values.append(value)
                continue
            }
            disturbed += 1
            waited += try await quiet()
            guard waited < patience else {
                throw BenchFailure("\(disturbed) \(things) were disturbed by other machines on the same host: measure when it is quieter")
            }
        }
        if disturbed > 0 {
            FileHandle.standardError.write(Data("\(name): \(disturbed) \(things) taken again, disturbed by other machines on the same host\n".utf8))
        }
        return values
    }

    /// Returns how long it took until nothing was stolen for 200 ms, or `patience` when it never was.
    private static func quiet() async throws -> Duration {
        let began = ContinuousClock.now
        var before = try ticks()
        while ContinuousClock.now - began < patience {
            try await Task.sleep(for: .milliseconds(200))
            let now = try ticks()
            if now == before { break }
            before = now
        }
        return ContinuousClock.now - began
    }

    /// Ticks of 10 ms since the start, over all processors. A shorter theft is told with the next ones.
    private static func ticks() throws -> Int {
        let line = try String(contentsOfFile: "/proc/stat", encoding: .utf8).prefix { $0 != "\n" }
        let fields = line.split(separator: " ")
        guard fields.count > 8, let ticks = Int(fields[8]) else { throw BenchFailure("/proc/stat doesn't tell of stolen time") }
        return ticks
    }
}
