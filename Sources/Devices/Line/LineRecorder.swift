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
        tape = RecordingLine.Tape()
    }

    /// What passed since ``begin()``, personal values and all. Lines that are still open go on without a tape.
    public func end() throws(Failure) -> Recording {
        guard let tape else { throw .notBegun }
        self.tape = nil
        guard !tape.isCut else { throw .tooLong }
        return tape.take()
    }

    /// Takes `line` over: the driver uses what is returned.
    public func line(around line: kiosk_line) -> kiosk_line {
        guard let tape else { return line }
        return kiosk_line(over: RecordingLine(line, on: tape))
    }
}
