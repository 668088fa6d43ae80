import Bench
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import ReceiptPrinter

/// What the driver says to a printer can be recorded without its pixels, and the recording answers the driver as the printer did.
@Suite struct ReceiptRecordingTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings/receipt-576.recording")
    private static let (width, height) = (576, 60)

    /// How often a printer is asked until the slowest would be through depends on the machine.
    private static var timing: ReceiptPrinterDriver.Timing {
        var timing = PrinterBench.timing
        (timing.settle, timing.rowsPerSecond) = (0, .max)
        return timing
    }

    private func replay(_ script: ReplayLine.Script) throws -> ReceiptPrinterDriver {
        ReceiptPrinterDriver(options: ReceiptPrinterOptions(port: .node("/dev/usb/lp0")), timing: Self.timing) { () throws(PrinterFailure) in
            kiosk_line(over: ReplayLine(script))
        }
    }

    private func printWhite(_ driver: ReceiptPrinterDriver) throws -> DeviceResult {
        try PrinterBench.print([UInt8](repeating: 0, count: Self.width / 8 * Self.height), Self.width, Self.height, driver)
    }

    private func record(_ bench: PrinterBench) throws -> String {
        try bench.driver.beginRecording()
        #expect(bench.driver.poll().state == .ready)
        #expect(try bench.print(width: Self.width, height: Self.height) == .printed(sheets: 1))
        return try bench.driver.endRecording()
    }

    @Test func theCheckedInRecordingIsReplayed() throws {
        let script = ReplayLine.Script(try Recording(try String(contentsOf: Self.file, encoding: .utf8)))
        let driver = try replay(script)
        let status = driver.poll()
        #expect(status.state == .ready)
        #expect(status.conditions == [DeviceCondition(.paperLow)])
        #expect(try printWhite(driver) == .printed(sheets: 1))
        try script.finish()
    }

    @Test func aRecordingHoldsNoPixelAndIsReplayed() async throws {
        try await PrinterBench.run(timing: Self.timing) { bench in
            bench.printer.handle { $0.isLow = true }
            let text = try record(bench)
            if ProcessInfo.processInfo.environment["KIOSK_RECORD"] != nil {
                let note =
                    "# Synthetic: the driver and the bench's simulated printer, \(Self.width)x\(Self.height) dots, paper near its end. No pixel is left.\n"
                try (note + text).write(to: Self.file, atomically: true, encoding: .utf8)
            }
            let recording = try Recording(text)
            let sent = recording.events.compactMap { event in if case .sent(let bytes) = event { bytes } else { nil } }
            #expect(!sent.contains { $0.contains(0xFF) })
            let script = ReplayLine.Script(recording)
            let driver = try replay(script)
            #expect(driver.poll().state == .ready)
            #expect(try printWhite(driver) == .printed(sheets: 1))
            try script.finish()
        }
    }

    @Test func aDriverThatDoesLessFailsTheReplay() throws {
        let script = ReplayLine.Script(try Recording(try String(contentsOf: Self.file, encoding: .utf8)))
        #expect(try replay(script).poll().state == .ready)
        #expect(throws: ReplayLine.Mismatch.self) { try script.finish() }
    }

    @Test func pixelsOverSeveralFramesBecomeWhite() throws {
        let band: [UInt8] = [0x1D, 0x76, 0x30, 0, 4, 0, 2, 0]
        let recording = Recording(events: [
            .opened, .sent([0x1B, 0x40] + band + [1, 2, 3]), .failed(Int32(KIOSK_LINE_IO)), .sent([4, 5]), .failed(Int32(KIOSK_LINE_TIMEOUT)),
            .sent([4, 5]), .sent([6, 7, 8, 0x1D, 0x56, 0x42, 0]), .received([0x12]),
        ])
        let white = Recording(events: [
            .opened, .sent([0x1B, 0x40] + band + [0, 0, 0]), .failed(Int32(KIOSK_LINE_IO)), .sent([0, 0]), .failed(Int32(KIOSK_LINE_TIMEOUT)),
            .sent([0, 0]), .sent([0, 0, 0, 0x1D, 0x56, 0x42, 0]), .received([0x12]),
        ])
        #expect(try ReceiptRedaction.redacted(recording) == white)
    }

    @Test(arguments: [[0x41, 0x42], [0x1D, 0x76, 0x30], [0x1B, 0x2A, 0, 1, 0, 0xFF]] as [[UInt8]])
    func whatTheDriverDoesNotSendIsRefused(bytes: [UInt8]) {
        #expect(throws: ReceiptRedaction.Unknown.self) { try ReceiptRedaction.redacted(Recording(events: [.sent(bytes)])) }
    }

    @Test func endingWhatWasNotBegunIsRefused() async throws {
        try await PrinterBench.run(timing: Self.timing) { bench in
            let fault = #expect(throws: DeviceFault.self) { try bench.driver.endRecording() }
            #expect(fault?.code == "link.recording-refused")
        }
    }
}
