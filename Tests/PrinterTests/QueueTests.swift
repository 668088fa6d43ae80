import Bench
import DeviceLink
import Foundation
import KioskModel
import Printer
import Testing

@Suite("Printing through a print server", .serialized, .timeLimit(.minutes(2)))
struct QueueTests {
    @Test func `pages are counted as they come out, on A4, and the spool is empty afterwards`() async throws {
        try await withQueue(sheetDuration: .milliseconds(700)) { options, printer, server in
            let status = try PrinterDriver(options: options).poll()
            #expect(status.state == .ready)
            #expect(status.identity["model"]?.isEmpty == false && status.identity["error-policy"] == "abort-job")
            let job = try RunningPrint(options: options, document: pdf(pages: 3))
            try await eventually { printer.isPrinting }
            #expect(!server.spooledDocuments().isEmpty)
            #expect(try await job.result == .printed(sheets: 3))
            // cupsd itself counts all pages as printed once it has sent them.
            #expect(job.seen.map(\.sheetsPrinted) == job.seen.map(\.sheetsPrinted).sorted())
            #expect(job.seen.contains { $0.sheetsPrinted == 1 })
            try await eventually { server.spooledDocuments().isEmpty }
            let files = printer.printedDocuments()
            try #require(files.count == 1)
            let text = String(decoding: try Data(contentsOf: files[0]), as: UTF8.self)
            #expect(text.contains(/MediaBox \[ 0 0 59[45]/), "letter is what the printer takes for granted")
        }
    }

    @Test func `two sides are passed on`() async throws {
        try await withQueue(model: .init(isTwoSided: true)) { options, _, _ in
            let job = try RunningPrint(options: options, document: pdf(pages: 3), sides: .twoLongEdge)
            #expect(try await job.result == .printed(sheets: 2))
            #expect(job.seen.allSatisfy { $0.fallbacks.isEmpty })
        }
    }

    @Test func `a cancelled job is cancelled in the queue and at the printer`() async throws {
        try await withQueue(sheetDuration: .seconds(30)) { options, printer, server in
            let job = try RunningPrint(options: options, document: pdf(pages: 2))
            try await eventually { printer.isPrinting }
            job.context.cancel()
            #expect(await job.wasCancelled)
            try await eventually { !printer.isPrinting && server.spooledDocuments().isEmpty }
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    /// What a server's backend may be told: by default it waits until the printer has printed what it sent.
    static let backends = ["", "?waitjob=false"]

    @Test func `a server that doesn't wait for its printer isn't believed that all was printed`() async throws {
        try await withQueue(sheetDuration: .milliseconds(700), backend: "?waitjob=false") { options, printer, _ in
            let job = try RunningPrint(options: options, document: pdf(pages: 3))
            #expect(try await job.result == .printed(sheets: 3))
            #expect(printer.printedDocuments().count == 1)
        }
    }

    @Test(arguments: backends)
    func `a job that the printer gives up isn't told as printed, whatever the server says`(backend: String) async throws {
        try await withQueue(sheetDuration: .milliseconds(700), backend: backend) { options, printer, server in
            let job = try RunningPrint(options: options, document: pdf(pages: 3))
            try await eventually { (job.seen.last?.sheetsPrinted ?? 0) > 0 }
            try printer.breakDown()
            let fault = await job.fault
            #expect(fault?.code == "printer.uncertain" && fault?.action == .clear)
            try await eventually { !printer.isPrinting && server.spooledDocuments().isEmpty }
            #expect(try PrinterDriver(options: options).poll().state == .ready)
        }
    }

    @Test(arguments: backends)
    func `a job that is cancelled at the printer's panel isn't told as printed`(backend: String) async throws {
        try await withQueue(sheetDuration: .milliseconds(700), backend: backend) { options, printer, server in
            let job = try RunningPrint(options: options, document: pdf(pages: 5))
            try await eventually { (job.seen.last?.sheetsPrinted ?? 0) > 0 }
            try await printer.cancelAtPanel()
            let fault = await job.fault
            #expect(fault?.code == "printer.uncertain" && fault?.action == .clear)
            try await eventually { !printer.isPrinting && server.spooledDocuments().isEmpty }
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test func `a cancelled job that the printer can't be told of frees the host in time, and doesn't come out for the next citizen`() async throws {
        try await withQueue(sheetDuration: .seconds(3)) { options, printer, server in
            let job = try RunningPrint(options: options, document: pdf(pages: 3))
            // With a twin at the machine.
            try await eventually { (job.seen.last?.sheetsPrinted ?? 0) > 0 }
            printer.setOffline(true)
            let asked = ContinuousClock.now
            job.context.cancel()
            #expect(await job.fault?.code == "printer.uncertain")
            // kioskd's `cancelGrace`.
            #expect(ContinuousClock.now - asked < .seconds(2))
            printer.setOffline(false)
            try await eventually { job.driver.driver.poll().state == .ready }
            try await eventually { !printer.isPrinting && server.spooledDocuments().isEmpty }
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test func `a queue that is stopped by hand is out of service until somebody starts it`() async throws {
        try await withQueue { options, printer, server in
            let driver = try PrinterDriver(options: options)
            try await server.setPaused(true)
            let status = driver.poll()
            #expect(status.state == .needsTechnician && status.fault?.code == "printer.paused" && status.fault?.action == .reset)
            #expect(try await RunningPrint(options: options, document: pdf()).fault?.code == "printer.paused")
            #expect(server.spooledDocuments().isEmpty)
            try await server.setPaused(false)
            #expect(driver.poll().state == .ready)
            #expect(try await RunningPrint(options: options, document: pdf()).result == .printed(sheets: 1))
        }
    }

    @Test func `a queue that stops while a job of ours is in it starts again by itself`() async throws {
        try await withQueue(sheetDuration: .seconds(30)) { options, printer, server in
            let job = try RunningPrint(options: options, document: pdf(pages: 2))
            try await eventually { printer.isPrinting }
            try await server.setPaused(true)
            #expect(await job.fault?.code == "printer.uncertain")
            let status = job.driver.driver.poll()
            #expect(status.state == .ready, "\(String(describing: status.fault))")
            #expect(server.spooledDocuments().isEmpty)
        }
    }

    @Test func `a queue that isn't there is named`() async throws {
        try await withQueue { options, _, _ in
            let status = try PrinterDriver(options: options.merging(["queue": "nobody"]) { $1 }).poll()
            #expect(status.fault?.code == "printer.no-queue" && status.fault?.action == .configure)
        }
    }

    @Test func `a kiosk's print server is told the same as the bench's`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Kiosk/cups/cupsd.conf")
        let lines = Set(try String(contentsOf: file, encoding: .utf8).split(separator: "\n"))
        #expect(PrintServer.rules.split(separator: "\n").allSatisfy { lines.contains($0) })
    }
}
