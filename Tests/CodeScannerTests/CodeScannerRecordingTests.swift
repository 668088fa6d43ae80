import Bench
import CodeScannerShim
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import CodeScanner

/// What a recording shows of the codes that passed, and that it answers the driver as the scanner did.
@Suite(.serialized) struct CodeScannerRecordingTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")
    private static let secret = "姓名=张三&id=99999919900101001X&phone=13900000000&Key=aZ9é"

    private func recording(_ name: String) throws -> Recording {
        try Recording(String(contentsOf: Self.folder.appending(path: "\(name).recording"), encoding: .utf8))
    }

    private func awaitCode(_ driver: CodeScannerDriver) throws -> ScannedCode {
        let context = CommandContext(deadline: .now + .seconds(20)) { _, _ in }
        let reply = try driver.perform(.awaitCode, files: [], context: context)
        guard case .code(let code) = reply.result else { throw DeviceFault.deadlinePassed }
        return code
    }

    /// Records one code that somebody was asked for, and one before that nobody was.
    private func record(
        _ driver: CodeScannerDriver, _ watch: WatchedLine.Watch, early: () -> Void, show: @escaping @Sendable () -> Void
    ) async throws -> String {
        try driver.beginRecording()
        early()
        // The poll drops what is there, once it is there.
        try await Poll.until("the early code") { driver.poll().state == .ready && watch.received > 0 ? .there(()) : .notYet("nothing came") }
        Thread.detachNewThread {
            if watch.untilItWaits() { show() }
        }
        #expect(try awaitCode(driver).text?.reveal == Self.secret)
        #expect(driver.poll().state == .ready)
        return try driver.endRecording()
    }

    private func store(_ text: String, as name: String, _ what: String) throws {
        guard ProcessInfo.processInfo.environment["KIOSK_RECORD"] != nil else { return }
        let heading = "# Made from the simulator (Sources/Bench/CodeScanner) by CodeScannerRecordingTests: \(what).\n"
        try (heading + text).write(to: Self.folder.appending(path: "\(name).recording"), atomically: true, encoding: .utf8)
    }

    /// Nothing of `secret` that is longer than a sign is left.
    private func expectAnonymous(_ text: String) throws {
        let bytes = try Recording(text).events.flatMap { event -> [UInt8] in if case .received(let bytes) = event { bytes } else { [] } }
        let said = String(decoding: bytes, as: UTF8.self)
        for word in ["姓名", "张三", "9999991990", "139000", "phone", "Key", "aZ9", "é="] { #expect(!said.contains(word), "\(word)") }
        #expect(said.contains("]Q1"))
    }

    @Test func reportsAreRecordedWithoutWhatTheySay() async throws {
        let device = ReportLine.Device()
        let watch = WatchedLine.Watch()
        let driver = CodeScannerDriver(form: KIOSK_CODE_REPORTS) { () throws(ScannerFailure) in
            (kiosk_line(over: WatchedLine(kiosk_line(over: ReportLine(device)), watch)), "-")
        }
        let text = try await record(driver, watch, early: { device.send(HIDPOSReports.encode("990001")) }) {
            device.send(HIDPOSReports.encode(Self.secret))
        }
        try expectAnonymous(text)
        try store(text, as: "reports", "a code that nobody was asked for, and one of two reports that somebody was")
        let (now, then) = (try Recording(text), try recording("reports"))
        #expect(now.events.filter { $0 != .silent } == then.events.filter { $0 != .silent })
    }

    @Test func linesAreRecordedWithoutWhatTheySay() async throws {
        let scanner = try CodeScannerSimulator()
        defer { scanner.stop() }
        try scanner.plug()
        let (port, watch) = (try ScannerPort(options: ["port": scanner.devicePath]), WatchedLine.Watch())
        let driver = CodeScannerDriver(form: port.form) { () throws(ScannerFailure) in
            let (line, path) = try port.makeLine()
            return (kiosk_line(over: WatchedLine(line, watch)), path)
        }
        let text = try await record(driver, watch, early: { scanner.scan("990001") }) { scanner.scan(Self.secret) }
        try expectAnonymous(text)
        try store(text, as: "lines", "a code that nobody was asked for, and one that somebody was")
        let (now, then) = (try Recording(text), try recording("lines"))
        #expect(now.events.filter { $0 != .silent } == then.events.filter { $0 != .silent })
    }

    @Test(arguments: ["reports", "lines"]) func aRecordingIsReplayed(name: String) throws {
        let script = ReplayLine.Script(try recording(name))
        let form = name == "reports" ? KIOSK_CODE_REPORTS : KIOSK_CODE_LINES
        let driver = CodeScannerDriver(form: form) { () throws(ScannerFailure) in (kiosk_line(over: ReplayLine(script)), "-") }
        #expect(driver.poll().state == .ready)
        #expect(driver.poll().state == .ready)
        let code = try awaitCode(driver)
        #expect(code.symbology == "]Q1")
        #expect(code.content.reveal.count == Self.secret.utf8.count)
        // As many characters, and of the same kinds.
        #expect(code.text?.reveal.count == Self.secret.count)
        #expect(driver.poll().state == .ready)
        try script.finish()
    }

    @Test func whatIsNoCodeIsNotHandedOver() throws {
        let device = ReportLine.Device()
        let driver = CodeScannerDriver(form: KIOSK_CODE_REPORTS) { () throws(ScannerFailure) in (kiosk_line(over: ReportLine(device)), "-") }
        try driver.beginRecording()
        device.send([[4] + Array("somebody's name".utf8)])
        #expect(driver.poll().state == .ready)
        let thrown = #expect(throws: DeviceFault.self) { try driver.endRecording() }
        #expect(thrown?.code == "link.recording-refused")
    }
}
