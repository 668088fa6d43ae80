import LineShim
import Testing

@testable import Line

struct LineRecorderTests {
    /// Passes `count` bytes over a line that was made while `recorder` records.
    private func send(_ count: Int, over recorder: LineRecorder) {
        let bytes = [UInt8](repeating: 1, count: count)
        var line = recorder.line(around: kiosk_line(over: ReplayLine(ReplayLine.Script(Recording(events: [.opened, .sent(bytes)])))))
        _ = kiosk_line_open(&line, 0)
        _ = kiosk_line_write(&line, bytes, bytes.count, 0)
        kiosk_line_close(&line)
    }

    @Test func whatWasCancelledIsNotRecorded() throws {
        let recorder = LineRecorder()
        recorder.begin()
        send(4, over: recorder)
        recorder.cancel()
        send(4, over: recorder)
        #expect(throws: LineRecorder.Failure.notBegun) { try recorder.end() }
        recorder.begin()
        #expect(try recorder.end() == Recording())
    }

    @Test func whatIsTooLongIsLetGoOf() throws {
        let recorder = LineRecorder()
        recorder.begin()
        send(4, over: recorder)
        send(2 << 20, over: recorder)
        #expect(throws: LineRecorder.Failure.tooLong) { try recorder.end() }
        #expect(throws: LineRecorder.Failure.notBegun) { try recorder.end() }
    }
}
