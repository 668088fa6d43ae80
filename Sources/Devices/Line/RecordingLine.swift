public import LineShim

/// A line around a line that writes down what passes. What it holds may be personal: it leaves memory only after the driver has made it anonymous.
public final class RecordingLine: SwiftLine {
    /// Everything so far, over every line that was given the same tape.
    public final class Tape {
        public private(set) var recording = Recording()
        /// Bytes; what comes after them isn't kept, so that a forgotten recording can't fill the memory.
        private let limit: Int
        private var count = 0
        /// Something came after the tape was full.
        public private(set) var isCut = false

        /// - Parameter limit: bytes
        public init(limit: Int = 1 << 20) {
            self.limit = limit
        }

        /// Hands the recording over; the tape is empty and full from then on.
        func take() -> Recording {
            defer {
                recording = Recording()
                count = limit
            }
            return recording
        }

        func append(_ event: consuming Recording.Event, bytes: Int = 0) {
            guard count + bytes + 1 <= limit else {
                isCut = true
                event.wipe()
                return
            }
            count += bytes + 1
            recording.append(event)
        }
    }

    private var inner: kiosk_line
    private let tape: Tape

    /// Takes `inner` over: it is closed with this one.
    public init(_ inner: kiosk_line, on tape: Tape) {
        self.inner = inner
        self.tape = tape
    }

    public func open(deadline: Int32) -> Int32 {
        let result = kiosk_line_open(&inner, deadline)
        tape.append(.opened)
        if result < 0 { tape.append(.failed(result)) }
        return result
    }

    public func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        let result = kiosk_line_write(&inner, base, bytes.count, deadline)
        tape.append(.sent(Array(bytes)), bytes: bytes.count)
        if result < 0 { tape.append(.failed(result)) }
        return result
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return Int32(KIOSK_LINE_ARGUMENT) }
        let result = kiosk_line_read(&inner, base, buffer.count, deadline)
        if result > 0 {
            tape.append(.received(Array(buffer.prefix(Int(result)))), bytes: Int(result))
        } else if result < 0, Int(result) != KIOSK_LINE_TIMEOUT {
            tape.append(.failed(result))
        } else if deadline <= 0 {
            tape.append(.silent)
        }
        return result
    }

    public func close() {
        kiosk_line_close(&inner)
    }
}
