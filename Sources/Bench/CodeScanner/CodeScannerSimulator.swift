internal import Synchronization

/// A virtual code scanner on a serial port, which sends lines: the real driver opens `devicePath`.
public final class CodeScannerSimulator: Sendable {
    /// How a scanner was set up.
    public struct Setting: Sendable {
        /// Before each code; empty for none.
        public var symbology = "]Q1"
        /// After each code: CR, LF or both.
        public var ending = "\r"

        public init(symbology: String = "]Q1", ending: String = "\r") {
            self.symbology = symbology
            self.ending = ending
        }
    }

    private let setting: Setting
    private let port: VirtualSerialPort
    /// Counts what was held before it; odd while something is.
    private let shown = Mutex(0)

    public init(_ setting: Setting = Setting()) throws {
        self.setting = setting
        port = try VirtualSerialPort("scanner") { _ in [] }
    }

    /// Stable over unplugging; it does not exist while the scanner is unplugged.
    public var devicePath: String { port.path }

    public var isPlugged: Bool { port.isPlugged }

    public func plug() throws { try port.plug() }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() { port.unplug() }

    public func stop() {
        hide()
        port.remove()
    }

    /// A code is held before the scanner, which reads it again and again, until ``hide()``.
    public func show(_ text: String) {
        hide()
        let mine = shown.withLock { shown in
            shown += 1
            return shown
        }
        Task { [self] in
            // Nothing is read any more once `hide()` has returned.
            while shown.withLock({ shown in
                if shown == mine { scan(text) }
                return shown == mine
            }) {
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
    }

    public func hide() {
        shown.withLock { $0 += $0 % 2 }
    }

    /// A code passes before the scanner. Lost while it is unplugged.
    public func scan(_ text: String) {
        port.send(Array((setting.symbology + text + setting.ending).utf8))
    }

    /// The same, up to the middle of the code.
    public func scanPart(_ text: String) {
        port.send(Array((setting.symbology + text.prefix(text.count / 2)).utf8))
    }

    /// Anything else on the line.
    public func send(_ bytes: [UInt8]) {
        port.send(bytes)
    }
}
