public import LineShim

/// Puts a tape between a driver and its lines while the driver is being recorded, and nothing otherwise.
public final class LineRecorder {
    /// Why there is no recording.
    public enum Failure: Error, Equatable {
        /// ``end()`` without ``begin()``.
        case notBegun
        /// More passed than a tape holds.
        case tooLong
    }

    private var tape: RecordingLine.Tape?

    public init() {}

    /// Lines made from now on are recorded; the driver opens a new one.
    public func begin() {
        cancel()
        tape = RecordingLine.Tape()
    }

    /// What passed since ``begin()``, personal values and all; of what is too long nothing is left. Lines that are still open write nothing down any
    /// more.
    public func end() throws(Failure) -> Recording {
        guard let tape else { throw .notBegun }
        self.tape = nil
        let isCut = tape.isCut
        var recording = tape.take()
        guard !isCut else {
            recording.wipe()
            throw .tooLong
        }
        return recording
    }

    /// Wipes what passed, if anything is being recorded; later lines have no tape.
    public func cancel() {
        var recording = try? end()
        recording?.wipe()
    }

    /// Takes `line` over: the driver uses what is returned.
    public func line(around line: kiosk_line) -> kiosk_line {
        guard let tape else { return line }
        return kiosk_line(over: RecordingLine(line, on: tape))
    }
}
