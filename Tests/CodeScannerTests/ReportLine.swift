import Glibc
import Line
import LineShim
import Synchronization

/// A hidraw node as a test plays it: each read is one whole report, what was sent before the node was opened is lost, and a pulled plug ends it.
final class ReportLine: SwiftLine {
    /// The scanner at the other end.
    final class Device: Sendable {
        private struct State {
            var reports: [[UInt8]] = []
            var isPlugged = true
            var opened = 0
        }
        private let state = Mutex(State())

        /// How often its node was opened.
        var opened: Int { state.withLock { $0.opened } }

        func send(_ reports: [[UInt8]]) { state.withLock { $0.reports += reports } }

        func unplug() {
            state.withLock {
                $0.isPlugged = false
                $0.reports = []
            }
        }

        func plug() { state.withLock { $0.isPlugged = true } }

        fileprivate func open() -> Bool {
            state.withLock {
                $0.opened += 1
                $0.reports = []
                return $0.isPlugged
            }
        }

        /// nil when it was unplugged, empty when there is none.
        fileprivate func next() -> [UInt8]? {
            state.withLock {
                guard $0.isPlugged else { return nil }
                return $0.reports.isEmpty ? [] : $0.reports.removeFirst()
            }
        }
    }

    private let device: Device

    init(_ device: Device) {
        self.device = device
    }

    func open(deadline: Int32) -> Int32 { device.open() ? 0 : Int32(KIOSK_LINE_GONE) }

    func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 { Int32(KIOSK_LINE_IO) }

    func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        let end = ContinuousClock.now + .milliseconds(max(0, deadline))
        while true {
            guard let report = device.next() else { return Int32(KIOSK_LINE_GONE) }
            if !report.isEmpty {
                let some = report.prefix(buffer.count)
                buffer.copyBytes(from: some)
                return Int32(some.count)
            }
            guard ContinuousClock.now < end else { return Int32(KIOSK_LINE_TIMEOUT) }
            usleep(1000)
        }
    }

    func close() {}
}
