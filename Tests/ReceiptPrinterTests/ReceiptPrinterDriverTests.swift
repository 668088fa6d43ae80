import Bench
import CQREncode
import DeviceLink
import Foundation
import KioskModel
import LineShim
import Line
import ReceiptPrinterShim
import Testing

@testable import ReceiptPrinter

/// What a scenario has no words for: cancelling, printers that know less, and the pixels themselves.
@Suite struct ReceiptPrinterDriverTests {
    @Test func aCancelledReceiptIsCutAndThePrinterInStep() async throws {
        try await PrinterBench.run { bench in
            let context = CancelAfterOne()
            #expect(throws: CancellationError.self) { try bench.print(width: 576, height: 2400, context: context.context) }
            try await Poll.until("the cut") { bench.printer.look { $0.receipts.last?.isCut } == true ? .there(()) : .notYet("not cut") }
            let height = bench.printer.look { $0.receipts[0].height }
            #expect(height >= 24 && height < 2400 && height % 24 == 0)
            #expect(bench.driver.poll().state == .ready)
            bench.printer.handle { $0.takeAway() }
            #expect(try bench.print(width: 576, height: 48) == .printed(sheets: 1))
            #expect(bench.printer.look { $0.receipts.map(\.pixels) } == [SyntheticRaster.pixels(width: 576, height: 48)])
            #expect(bench.printer.look { $0.misunderstood } == 0)
        }
    }

    /// A printer that goes on taking what it is sent, and a receipt longer than the time.
    @Test func aReceiptIsCutWhenItsTimeIsOver() async throws {
        try await PrinterBench.run { bench in
            #expect(bench.driver.poll().state == .ready)
            bench.printer.handle { $0.takeAway() }
            let deadline = ContinuousClock.now + .seconds(2)
            let context = CommandContext(deadline: deadline) { _, _ in
                while ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.01) }
            }
            let fault = #expect(throws: DeviceFault.self) { try bench.print(width: 576, height: 2400, context: context) }
            #expect(fault?.code == "receiptPrinter.incomplete")
            try await Poll.until("the cut") { bench.printer.look { $0.receipts.last?.isCut } == true ? .there(()) : .notYet("not cut") }
            #expect(bench.printer.look { $0.receipts.map(\.height) } == [24])
        }
    }

    /// Cancelled while the printer takes nothing: noticed then, and not when the printer is given up.
    @Test func cancellingAJammedPrinterDoesNotWaitForIt() async throws {
        try await PrinterBench.run { bench in
            bench.printer.jam()
            let context = PrinterBench.context(60_000)
            let printer = bench.printer
            let canceller = Task.detached {
                try await Poll.until("the jam") { printer.look { $0.isJammed } ? .there(()) : .notYet("runs") }
                context.cancel()
            }
            let fault = #expect(throws: DeviceFault.self) { try bench.print(width: 576, height: 8000, context: context) }
            #expect(fault?.code == "receiptPrinter.incomplete")
            try await canceller.value
            #expect(context.remainingMilliseconds > 30_000)
            bench.printer.free()
        }
    }

    /// A serial port takes what a stuck printer doesn't; only its silence tells.
    @Test func aPrinterThatBrokeOffAndIsSilentIsStuckUntilItAnswers() async throws {
        try await PrinterBench.run { bench in
            bench.printer.jam()
            let fault = #expect(throws: DeviceFault.self) { try bench.print(width: 576, height: 8000) }
            #expect(fault?.code == "receiptPrinter.incomplete")
            #expect(bench.driver.poll().fault?.code == "receiptPrinter.blocked")
            bench.printer.free()
            try await Poll.until("an answer") { bench.driver.poll().state == .ready ? .there(()) : .notYet("silent") }
            bench.printer.handle { $0.isMute = true }
            #expect(bench.driver.poll().fault?.code == "receiptPrinter.no-reply")
        }
    }

    @Test func aPrinterThatDoesNotKnowTheMarkIsGivenTheTimeOfASlowOne() async throws {
        try await PrinterBench.run { bench in
            bench.printer.handle { $0.knowsFence = false }
            let began = ContinuousClock.now
            let result = try bench.print(width: 384, height: 96)
            #expect(result == .printed(sheets: 1))
            #expect(ContinuousClock.now - began >= .seconds(2))
        }
    }

    /// A host that died after its mark leaves an answer to come, which looks like that to the next mark.
    @Test func theFirstAnswerOnALineProvesNothing() async throws {
        var timing = PrinterBench.timing
        timing.settle = 6000
        try await PrinterBench.run(timing: timing) { bench in
            let began = ContinuousClock.now
            let first = try bench.print(width: 384, height: 48)
            #expect(first == .printed(sheets: 1))
            let second = ContinuousClock.now
            #expect(second - began >= .seconds(6))
            let next = try bench.print(width: 384, height: 48)
            #expect(next == .printed(sheets: 1))
            #expect(ContinuousClock.now - second < .seconds(6))
        }
    }

    @Test func aLateAnswerIsNotThatOfTheNextMark() throws {
        let answers = AnswerLine.Answers()
        var line = kiosk_line(over: AnswerLine(answers))
        var opened: OpaquePointer?
        try #require(kiosk_receipt_open(&line, 0, &opened) == 0)
        let printer = try #require(opened)
        defer { kiosk_receipt_close(printer) }
        func fenced(after bytes: [UInt8]) -> Bool {
            answers.add(bytes)
            var answer: UInt8 = 0
            _ = kiosk_receipt_answer(printer, &answer, 0)
            return kiosk_receipt_fenced(printer) == 1
        }
        #expect(kiosk_receipt_fence(printer, 0) == 0)
        #expect(!fenced(after: []))
        #expect(kiosk_receipt_fence(printer, 0) == 0)
        #expect(!fenced(after: [0x00]))
        #expect(fenced(after: [0x00]))
        // What nobody asked for is no answer to the next either.
        #expect(fenced(after: [0x00]))
        #expect(kiosk_receipt_fence(printer, 0) == 0)
        #expect(!fenced(after: [0x12]))
        #expect(fenced(after: [0x0C]))
        // An answer that was lost isn't waited for for ever.
        #expect(kiosk_receipt_fence(printer, 0) == 0)
        kiosk_receipt_settle(printer)
        #expect(kiosk_receipt_fence(printer, 0) == 0)
        #expect(!fenced(after: []))
        #expect(fenced(after: [0x00]))
    }

    @Test func aPrinterThatCannotAnswerSaysSoAndPrints() async throws {
        try await PrinterBench.run(["status": "no", "cutter": "no"]) { bench in
            bench.printer.handle { $0.isMute = true }
            let status = bench.driver.poll()
            #expect(status.state == .ready)
            #expect(status.identity["status"]?.contains("printed means sent") == true)
            #expect(try bench.print(width: 576, height: 48) == .printed(sheets: 1))
            // Fed before it, past what the host before may have left hanging out, and after it.
            try await Poll.until("the receipt") { bench.printer.look { $0.receipts.last?.lines } == 12 ? .there(()) : .notYet("not fed") }
            #expect(bench.printer.look { $0.receipts.last?.isCut } == false)
            #expect(bench.printer.look { $0.questions } == 0)
        }
    }

    @Test func aQRCodeCanBeReadOffThePaper() async throws {
        try await PrinterBench.run { bench in
            let (pixels, width, height) = try Self.code("https://example.invalid/r/20260101-0042")
            _ = try PrinterBench.print(pixels, width, height, bench.driver)
            let receipt = try #require(bench.printer.look { $0.receipts.last })
            #expect(try Self.decoded(receipt.pixels, receipt.rowBytes * 8, receipt.height) == "https://example.invalid/r/20260101-0042")
        }
    }

    @Test func aHostThatDiedInABandLeavesNothingOfItOnTheNextReceipt() async throws {
        try await PrinterBench.run { bench in
            // The one before sent a header and half of its pixels, and no more.
            let torn = try #require(FileHandle(forWritingAtPath: bench.printer.devicePath))
            try torn.write(contentsOf: Data([0x1D, 0x76, 0x30, 0, 72, 0, 24, 0] + [UInt8](repeating: 0xAA, count: 700)))
            try torn.close()
            #expect(bench.driver.poll().state == .ready)
            #expect(bench.printer.look { $0.misunderstood } == 0)
            bench.printer.handle { $0.takeAway() }
            #expect(try bench.print(width: 576, height: 48) == .printed(sheets: 1))
            #expect(bench.printer.look { $0.receipts.map(\.pixels) } == [SyntheticRaster.pixels(width: 576, height: 48)])
        }
    }

    // MARK: Codes

    private static func code(_ text: String) throws -> (pixels: [UInt8], width: Int, height: Int) {
        let code = try #require(QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M))
        defer { QRcode_free(code) }
        let modules = Int(code.pointee.width)
        let data = try #require(code.pointee.data)
        // Eight dots a module, so that one is one byte of a row; four modules of white around.
        let margin = [UInt8](repeating: 0, count: (modules + 8) * 8 * 4)
        var pixels = margin
        for row in 0..<modules {
            let bytes = (0..<modules).map { data[row * modules + $0] & 1 == 1 ? UInt8(0xFF) : 0 }
            for _ in 0..<8 { pixels += [0, 0, 0, 0] + bytes + [0, 0, 0, 0] }
        }
        return (pixels + margin, (modules + 8) * 8, (modules + 8) * 8)
    }

    /// What zbarimg reads in the picture.
    private static func decoded(_ pixels: [UInt8], _ width: Int, _ height: Int) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "receipt-\(UUID().uuidString).pbm")
        defer { try? FileManager.default.removeItem(at: file) }
        try (Data("P4 \(width) \(height)\n".utf8) + Data(pixels)).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["zbarimg", "--quiet", "--raw", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let read = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: read, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}

/// Cancels its command at the first progress.
private final class CancelAfterOne: @unchecked Sendable {
    private(set) var context: CommandContext!

    init() {
        context = CommandContext(deadline: .now + .seconds(60)) { [weak self] _, _ in self?.context.cancel() }
    }
}
