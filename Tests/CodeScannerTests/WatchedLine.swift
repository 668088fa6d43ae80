import DeviceLink
import LineShim
import Line

/// A line around another, which tells a test where the driver is: whether it waits, and what it has taken.
final class WatchedLine: SwiftLine {
    final class Watch: Sendable {
        /// How often the driver began to wait for something to come, and the bytes it has read.
        private let state = Monitor((waits: 0, received: 0))

        var received: Int { state.update { $0.received } }

        /// Returns when the driver begins to wait for something to come; false when it hasn't in twenty seconds.
        func untilItWaits() -> Bool {
            let before = state.update { $0.waits }
            return until { $0.waits > before }
        }

        /// Returns when the driver has read so many bytes in all.
        func untilReceived(_ count: Int) -> Bool { until { $0.received >= count } }

        private func until(_ condition: ((waits: Int, received: Int)) -> Bool) -> Bool {
            let end = ContinuousClock.now + .seconds(20)
            return state.wait { condition($0) ? .done(true) : ContinuousClock.now < end ? .until(end) : .done(false) }
        }

        fileprivate func waits() { state.update { $0.waits += 1 } }

        fileprivate func read(_ count: Int) { state.update { $0.received += count } }
    }

    private var line: kiosk_line
    private let watch: Watch

    init(_ line: kiosk_line, _ watch: Watch) {
        self.line = line
        self.watch = watch
    }

    func open(deadline: Int32) -> Int32 { kiosk_line_open(&line, deadline) }

    func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 {
        guard let start = bytes.baseAddress else { return 0 }
        return kiosk_line_write(&line, start, bytes.count, deadline)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        guard let start = buffer.baseAddress else { return Int32(KIOSK_LINE_IO) }
        if deadline > 0 { watch.waits() }
        let count = kiosk_line_read(&line, start, buffer.count, deadline)
        if count > 0 { watch.read(Int(count)) }
        return count
    }

    func close() { kiosk_line_close(&line) }
}
