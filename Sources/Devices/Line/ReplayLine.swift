internal import Glibc
internal import LineShim

/// A line that answers as a recording did. A driver that sends anything else, or leaves something unused, doesn't fit the recording.
public final class ReplayLine: SwiftLine {
    /// Where the driver and the recording part; shared by the lines that a driver opens one after the other.
    public final class Script {
        private let recording: Recording
        fileprivate var position = 0
        /// Of an event that was read in part.
        fileprivate var offset = 0
        fileprivate var mismatch: Mismatch?

        public init(_ recording: Recording) {
            self.recording = recording
        }

        fileprivate var next: Recording.Event? { position < recording.events.count ? recording.events[position] : nil }

        fileprivate func advance() {
            position += 1
            offset = 0
        }

        fileprivate func fail(_ found: String) -> Int32 {
            if mismatch == nil { mismatch = Mismatch(event: position, expected: next.map { "\($0)" } ?? "nothing more", found: found) }
            return Int32(KIOSK_LINE_IO)
        }

        /// A look that the driver didn't take this time is none that it must take.
        fileprivate func passSilence() {
            while next == .silent { advance() }
        }

        /// Throws `Mismatch` when the driver did something else, or less, than was recorded.
        public func finish() throws {
            passSilence()
            if let mismatch { throw mismatch }
            if let next { throw Mismatch(event: position, expected: "\(next)", found: "the end") }
        }
    }

    /// `event` counts from 0.
    public struct Mismatch: Error, Equatable, CustomStringConvertible {
        public var event: Int
        public var expected: String
        public var found: String

        public var description: String { "event \(event): recorded is \(expected), found was \(found)" }
    }

    private let script: Script

    public init(_ script: Script) {
        self.script = script
    }

    public func open(deadline: Int32) -> Int32 {
        script.passSilence()
        guard script.next == .opened else { return script.fail("opening") }
        script.advance()
        return failure() ?? 0
    }

    public func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 {
        script.passSilence()
        guard script.offset == 0, script.next == .sent(Array(bytes)) else { return script.fail("sending \(Array(bytes))") }
        script.advance()
        return failure() ?? 0
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        if deadline > 0 {
            script.passSilence()
        } else if script.next == .silent {
            script.advance()
            return Int32(KIOSK_LINE_TIMEOUT)
        }
        if let code = failure() { return code }
        guard case .received(let bytes)? = script.next else {
            // Silence takes its time, or a driver that waits for an answer would spin.
            usleep(UInt32(max(0, deadline)) * 1000)
            return Int32(KIOSK_LINE_TIMEOUT)
        }
        let some = bytes.dropFirst(script.offset).prefix(buffer.count)
        buffer.copyBytes(from: some)
        script.offset += some.count
        if script.offset == bytes.count { script.advance() }
        return Int32(some.count)
    }

    public func close() {}

    private func failure() -> Int32? {
        guard case .failed(let code)? = script.next else { return nil }
        script.advance()
        return code
    }
}
