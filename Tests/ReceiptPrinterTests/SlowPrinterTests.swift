import Bench
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import ReceiptPrinter

/// Lines that are slow, answers that are late, and a printer that lost its power behind a port that didn't.
@Suite struct SlowPrinterTests {
    private func driver(on line: any SwiftLine, baud: Int32 = 9600, _ timing: ReceiptPrinterDriver.Timing) -> ReceiptPrinterDriver {
        ReceiptPrinterDriver(options: ReceiptPrinterOptions(port: .serial(path: "", baud: baud)), timing: timing) { () throws(PrinterFailure) in
            kiosk_line(over: line)
        }
    }

    /// Nothing is waited for that passes on the machine's clock and not on the line's.
    private var timing: ReceiptPrinterDriver.Timing {
        var timing = ReceiptPrinterDriver.Timing()
        (timing.settle, timing.rowsPerSecond, timing.look) = (0, .max, 1)
        return timing
    }

    @Test(arguments: [9600, 19200, 38400, 115200]) func aSlowLineIsReadyAndPrints(baud: Int) throws {
        let line = PacedLine(baud: baud)
        let driver = driver(on: line, baud: Int32(baud), timing)
        #expect(driver.poll().state == .ready)
        // Of the line's time; kioskd ends a host whose poll takes ten seconds.
        #expect(line.elapsed < 3000)
        // No refusal may be near to what counts as blocked.
        #expect(line.longestRefusal < Int(timing.resync) - 100)
        #expect(try PrinterBench.print(SyntheticRaster.pixels(width: 576, height: 120), 576, 120, driver) == .printed(sheets: 1))
        line.drain()
        #expect(line.receipts.map(\.pixels) == [SyntheticRaster.pixels(width: 576, height: 120)])
        #expect(line.receipts.last?.isCut == true)
    }

    /// The cut is on the line, but in the last rows before it the printer takes nothing while its head cools.
    @Test func aPauseAtTheEndOfAReceiptIsWaitedFor() throws {
        let line = PacedLine(baud: 9600, pause: 3000)
        let driver = driver(on: line, timing)
        #expect(driver.poll().state == .ready)
        #expect(try PrinterBench.print(SyntheticRaster.pixels(width: 576, height: 48), 576, 48, driver) == .printed(sheets: 1))
        #expect(line.longestRefusal >= 2000)
    }

    @Test func cancellingIsNoticedWhileTheMarkIsNotTaken() throws {
        let line = PacedLine(baud: 9600, pause: .max)
        let driver = driver(on: line, timing)
        let context = PrinterBench.context()
        line.whenPaused = { context.cancel() }
        #expect(throws: CancellationError.self) {
            try PrinterBench.print(SyntheticRaster.pixels(width: 576, height: 48), 576, 48, driver, context)
        }
        #expect(line.longestRefusal < 2000)
    }

    @Test func aLateAnswerIsNotThatToTheNextQuestion() {
        let line = LateLine()
        var timing = timing
        timing.answer = 800
        let status = driver(on: line, timing).poll()
        #expect(status.state == .ready && status.fault == nil)
        #expect(line.opened == 1)
    }

    /// The port goes on taking what the printer doesn't get.
    @Test func whatALossOfPowerLeftHangingIsCutOffBeforeTheNext() async throws {
        try await PrinterBench.run { bench in
            #expect(bench.driver.poll().state == .ready)
            let printer = bench.printer
            let context = PrinterBench.context {
                let end = ContinuousClock.now + .seconds(10)
                while printer.look({ $0.receipts.isEmpty }), .now < end { Thread.sleep(forTimeInterval: 0.001) }
                printer.unplug(at: .band) {}
            }
            let fault = #expect(throws: DeviceFault.self) { try bench.print(width: 576, height: 480, context: context) }
            #expect(fault?.code == "receiptPrinter.incomplete")
            for _ in 1...2 { #expect(bench.driver.poll().fault?.code == "receiptPrinter.no-reply") }
            printer.handle { $0.restart() }
            #expect(printer.look { $0.receipts.map(\.isCut) } == [false])
            try await Poll.until("an answer") { bench.driver.poll().state == .ready ? .there(()) : .notYet("silent") }
            #expect(try bench.print(width: 576, height: 48) == .printed(sheets: 1))
            let receipts = printer.look { $0.receipts }
            #expect(receipts.map(\.isCut) == [true, true])
            #expect(receipts.last?.pixels == SyntheticRaster.pixels(width: 576, height: 48))
            #expect(printer.look { $0.misunderstood } == 0)
        }
    }
}
