import Bench
import DeviceLink
import Foundation
import KioskModel
import Printer
import Testing

@Suite("Printing against ippeveprinter", .serialized, .timeLimit(.minutes(2)))
struct PrintingTests {
    @Test("A document comes out as it went in, with progress sheet by sheet")
    func prints() async throws {
        try await withPrinter(sheetDuration: .milliseconds(500)) { printer in
            let status = try PrinterDriver(options: ["uri": printer.uri]).poll()
            #expect(status.state == .ready && status.fault == nil)
            #expect(status.identity == ["model": "Example Printer", "colour": "no", "two-sided": "no", "media": "iso_a4_210x297mm"])
            let document = try pdf(pages: 3)
            let job = try RunningPrint(uri: printer.uri, document: document)
            let result = try await job.result
            #expect(result == .printed(sheets: 3))
            let files = printer.printedDocuments()
            try #require(files.count == 1)
            #expect(try Data(contentsOf: files[0]) == document.withBytes { Data($0) })
            let counts = job.seen.map(\.sheetsPrinted)
            #expect(counts.first == 0 && counts.count >= 3)
            #expect(counts == counts.sorted())
        }
    }

    @Test("Copies are counted, and one job follows the other")
    func copies() async throws {
        try await withPrinter { printer in
            let twice = try await printed(by: printer, pdf(pages: 2), copies: 2)
            #expect(twice == .printed(sheets: 4))
            let once = try await printed(by: printer, pdf())
            #expect(once == .printed(sheets: 1))
            #expect(printer.printedDocuments().count == 2)
        }
    }

    @Test("A document of many blocks arrives whole")
    func large() async throws {
        try await withPrinter { printer in
            let document = try pdf().withBytes { try MemoryFile.copying(Array($0) + [UInt8](repeating: 0x0A, count: 3 << 20)) }
            let sheets = try await printed(by: printer, document)
            #expect(sheets == .printed(sheets: 1))
            #expect(try Data(contentsOf: printer.printedDocuments()[0]) == document.withBytes { Data($0) })
        }
    }

    @Test("Without paper nothing is sent, and with paper again the printer is ready")
    func noPaper() async throws {
        try await withPrinter { printer in
            let driver = try PrinterDriver(options: ["uri": printer.uri])
            try await printer.setPaper(false)
            let status = driver.poll()
            #expect(status.state == .needsTechnician)
            #expect(status.fault?.code == "printer.media-empty" && status.fault?.action == .refill)
            let job = try RunningPrint(uri: printer.uri, document: try pdf())
            #expect(await job.fault?.code == "printer.media-empty")
            #expect(job.seen.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: printer.spoolDirectory.path()) == [])
            try await printer.setPaper(true)
            #expect(driver.poll().state == .ready)
            let sheets = try await printed(by: printer, pdf())
            #expect(sheets == .printed(sheets: 1))
            #expect(printer.printedDocuments().count == 1)
        }
    }

    @Test("Paper that runs out during a job ends it for good: nothing comes out when the tray is filled")
    func paperOut() async throws {
        try await withPrinter { printer in
            try await printer.load(sheets: 1)
            let job = try RunningPrint(uri: printer.uri, document: try pdf(pages: 3))
            let fault = await job.fault
            #expect(fault?.code == "printer.media-empty" && fault?.action == .refill)
            #expect(job.seen.contains { $0.reasons.contains { $0.hasPrefix("media-needed") } })
            #expect(job.seen.last?.sheetsPrinted == 1)
            try await printer.setPaper(true)
            // The next citizen's job is the only one to come out.
            let next = try pdf()
            let sheets = try await printed(by: printer, next)
            #expect(sheets == .printed(sheets: 1))
            let files = printer.printedDocuments()
            try #require(files.count == 1)
            #expect(try Data(contentsOf: files[0]) == next.withBytes { Data($0) })
        }
    }

    @Test("Paper that comes in time lets the job go on, and meanwhile it is told what it waits for")
    func paperInTime() async throws {
        try await withPrinter { printer in
            try await printer.load(sheets: 1)
            let job = try RunningPrint(uri: printer.uri, document: try pdf(pages: 3), patience: 60)
            try await eventually { job.seen.last?.reasons.contains { $0.hasPrefix("media-needed") } == true }
            try await printer.setPaper(true)
            #expect(try await job.result == .printed(sheets: 3))
            #expect(printer.printedDocuments().count == 1)
        }
    }

    @Test("Paper that nobody brings until the deadline is what the fault names")
    func paperOutAtDeadline() async throws {
        try await withPrinter { printer in
            try await printer.load(sheets: 1)
            let job = try RunningPrint(uri: printer.uri, document: try pdf(pages: 2), patience: 60, limit: .seconds(6))
            #expect(await job.fault?.code == "printer.media-empty")
            try await printer.setPaper(true)
            try await eventually { !printer.isPrinting }
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test("Two sides and colour where the printer has them, and said where it hasn't")
    func fallbacks() async throws {
        try await withPrinter(model: .init(isTwoSided: true, isColour: true)) { printer in
            let identity = try PrinterDriver(options: ["uri": printer.uri]).poll().identity
            #expect(identity["two-sided"] == "yes" && identity["colour"] == "yes")
            let job = try RunningPrint(options: ["uri": printer.uri], document: try pdf(pages: 3), sides: .twoLongEdge, colour: .colour)
            #expect(try await job.result == .printed(sheets: 2))
            #expect(job.seen.allSatisfy { $0.fallbacks.isEmpty })
        }
        try await withPrinter { printer in
            let job = try RunningPrint(options: ["uri": printer.uri], document: try pdf(pages: 3), sides: .twoLongEdge, colour: .colour)
            #expect(try await job.result == .printed(sheets: 3))
            #expect(!job.seen.isEmpty && job.seen.allSatisfy { $0.fallbacks == [.oneSided, .monochrome] })
        }
    }

    @Test("The last sheet of the tray still is a success")
    func lastSheet() async throws {
        try await withPrinter { printer in
            try await printer.load(sheets: 2)
            let sheets = try await printed(by: printer, pdf(pages: 2))
            #expect(sheets == .printed(sheets: 2))
            #expect(try PrinterDriver(options: ["uri": printer.uri]).poll().fault?.code == "printer.media-empty")
        }
    }

    @Test("A cancelled job stops and doesn't come out later")
    func cancel() async throws {
        try await withPrinter(sheetDuration: .seconds(30)) { printer in
            let job = try RunningPrint(uri: printer.uri, document: try pdf(pages: 5))
            try await eventually { !job.seen.isEmpty }
            let asked = ContinuousClock.now
            job.context.cancel()
            #expect(await job.wasCancelled)
            #expect(ContinuousClock.now - asked < .seconds(5))
            #expect(printer.printedDocuments().isEmpty)
            // Taken on and being printed: the cancelled one is out of the way.
            let next = try RunningPrint(uri: printer.uri, document: try pdf())
            try await eventually { !next.seen.isEmpty }
            next.context.cancel()
            #expect(await next.wasCancelled)
        }
    }

    @Test("A job that doesn't end in time is cancelled before the deadline")
    func deadline() async throws {
        try await withPrinter(sheetDuration: .seconds(30)) { printer in
            let job = try RunningPrint(uri: printer.uri, document: try pdf(), limit: .seconds(6))
            #expect(await job.fault?.code == "printer.deadline")
            #expect(job.context.remainingMilliseconds > 0)
            #expect(printer.printedDocuments().isEmpty)
        }
    }
}
