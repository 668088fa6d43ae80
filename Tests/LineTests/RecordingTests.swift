import Glibc
import LineShim
import Testing

@testable import Line

@Suite struct RecordingTests {
    private let conversation = Recording(events: [
        .opened, .sent([0xAA, 0x01]), .received(Array(0..<80)), .sent(Array(repeating: 7, count: 40)), .failed(Int32(KIOSK_LINE_GONE)), .opened,
        .sent([1]), .received([2]),
    ])

    @Test func aRecordingIsReadAsItWasWritten() throws {
        let text = conversation.text
        #expect(text.hasPrefix("civickiosk-recording 1\nopen\n> aa01\n< 000102"))
        let read = try Recording(text)
        #expect(read == conversation)
        let commented = try Recording("# of a reader\n\n" + text + "# its end\n")
        #expect(commented == conversation)
    }

    @Test(arguments: [
        ("", 1, "civickiosk-recording 1"), ("> 00\n", 1, "civickiosk-recording 1"), ("civickiosk-recording 1\n> 0\n", 2, "even"),
        ("civickiosk-recording 1\n< 0g\n", 2, "hexadecimal"), ("civickiosk-recording 1\n< +1\n", 2, "hexadecimal"),
        ("civickiosk-recording 1\n! 1\n", 2, "negative"), ("civickiosk-recording 1\n+ 00\n", 2, "`> HEX`"),
        ("civickiosk-recording 1\nopen\nclosed\n", 3, "`open`"),
    ])
    func aMistakeIsNamedWithItsLine(text: String, line: Int, hint: String) {
        let thrown = #expect(throws: Recording.Malformed.self) { try Recording(text) }
        #expect(thrown?.line == line)
        #expect(thrown?.expected.contains(hint) == true)
    }

    // MARK: Replaying

    private func run(_ script: ReplayLine.Script, _ body: (inout kiosk_line) -> Void) {
        var line = kiosk_line(over: ReplayLine(script))
        body(&line)
        kiosk_line_close(&line)
    }

    private func read(_ line: kiosk_line, _ count: Int, deadline: Int32 = 0) -> (Int32, [UInt8]) {
        var line = line
        var bytes = [UInt8](repeating: 0, count: count)
        let result = kiosk_line_read(&line, &bytes, count, deadline)
        return (result, Array(bytes.prefix(max(0, Int(result)))))
    }

    @Test func aReplayAnswersAsRecordedHoweverItIsRead() throws {
        let script = ReplayLine.Script(conversation)
        run(script) { line in
            #expect(kiosk_line_open(&line, 0) == 0)
            #expect(read(line, 10).0 == Int32(KIOSK_LINE_TIMEOUT))
            #expect(kiosk_line_write(&line, [0xAA, 0x01], 2, 0) == 0)
            #expect(read(line, 50).1 == Array(0..<50))
            #expect(read(line, 50).1 == Array(50..<80))
            #expect(kiosk_line_write(&line, Array(repeating: 7, count: 40), 40, 0) == Int32(KIOSK_LINE_GONE))
        }
        #expect(throws: ReplayLine.Mismatch.self) { try script.finish() }
        run(script) { line in
            #expect(kiosk_line_open(&line, 0) == 0)
            #expect(kiosk_line_write(&line, [1], 1, 0) == 0)
            #expect(read(line, 1).1 == [2])
        }
        try script.finish()
    }

    @Test func whatWasNotRecordedFailsTheReplay() {
        let script = ReplayLine.Script(conversation)
        run(script) { line in
            #expect(kiosk_line_open(&line, 0) == 0)
            #expect(kiosk_line_write(&line, [0xAA, 0x02], 2, 0) == Int32(KIOSK_LINE_IO))
        }
        let thrown = #expect(throws: ReplayLine.Mismatch.self) { try script.finish() }
        #expect(thrown?.event == 1)
    }

    @Test func anAnswerThatNobodyReadFailsTheReplay() {
        let script = ReplayLine.Script(Recording(events: [.opened, .sent([1]), .received([2, 3])]))
        run(script) { line in
            #expect(kiosk_line_open(&line, 0) == 0)
            #expect(kiosk_line_write(&line, [1], 1, 0) == 0)
            #expect(read(line, 1).1 == [2])
        }
        let thrown = #expect(throws: ReplayLine.Mismatch.self) { try script.finish() }
        #expect(thrown?.found == "the end")
    }

    // MARK: Recording

    @Test func whatIsRecordedCanBeReplayed() throws {
        let tape = RecordingLine.Tape()
        let original = ReplayLine.Script(conversation)
        for script in [original, original] {
            var inner = kiosk_line(over: ReplayLine(script))
            inner = kiosk_line(over: RecordingLine(inner, on: tape))
            #expect(kiosk_line_open(&inner, 0) == 0)
            if tape.recording.events.count == 1 {
                #expect(kiosk_line_write(&inner, [0xAA, 0x01], 2, 0) == 0)
                while read(inner, 7).0 > 0 {}
                _ = kiosk_line_write(&inner, Array(repeating: 7, count: 40), 40, 0)
            } else {
                #expect(kiosk_line_write(&inner, [1], 1, 0) == 0)
                #expect(read(inner, 9).1 == [2])
            }
            kiosk_line_close(&inner)
        }
        try original.finish()
        // Looks that found nothing stand in it beside.
        #expect(tape.recording.events.filter { $0 != .silent } == conversation.events)
        #expect(!tape.isCut)
    }

    @Test func aTapeHasAnEnd() {
        let tape = RecordingLine.Tape(limit: 8)
        for _ in 0..<100 { tape.append(.sent([1, 2, 3]), bytes: 3) }
        #expect(tape.recording.events.count == 2)
        #expect(tape.isCut)
    }
}
