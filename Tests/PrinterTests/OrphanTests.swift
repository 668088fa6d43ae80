import Bench
import DeviceLink
import Foundation
import KioskModel
import Printer
import Testing

@Suite("A bench that is killed", .timeLimit(.minutes(1)))
struct OrphanTests {
    @Test("kill -9 of the process that started the printer takes printer and bus with it")
    func killed() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "printer-orphan-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: directory) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path() as String] in
            let simulator = try IPPPrinterSimulator(directory: URL(filePath: path))
            try await simulator.start()
            guard processes(naming: path).count >= 2 else { exit(1) }
            kill(getpid(), SIGKILL)
        }
        try await eventually { processes(naming: directory.path()).isEmpty }
    }
}

@Suite("A host that is killed in the middle of a job", .serialized, .timeLimit(.minutes(2)))
struct KilledHostTests {
    /// A process that prints and is killed while it does; what it printed on goes on.
    private func printAndDie(_ options: [String: String]) async {
        let line = options.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        await #expect(processExitsWith: .signal(SIGKILL)) { [line = line as String] in
            let pairs = line.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            let options = Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0[1]) })
            let job = try RunningPrint(options: options, document: pdf(pages: 5))
            // With a twin at the machine, when there is a print server between.
            try await eventually { (job.seen.last?.sheetsPrinted ?? 0) > 0 }
            kill(getpid(), SIGKILL)
        }
    }

    /// The next host on the same options: nothing of the dead one's job comes out for it.
    private func nextHost(_ options: [String: String], _ printer: IPPPrinterSimulator) async throws {
        #expect(printer.isPrinting)
        #expect(try PrinterDriver(options: options).poll().state == .ready)
        try await eventually { !printer.isPrinting }
        #expect(printer.printedDocuments().isEmpty)
    }

    @Test func `its job at the printer is cancelled by the next one`() async throws {
        try await withPrinter(sheetDuration: .seconds(3)) { printer in
            await printAndDie(["uri": printer.uri])
            try await nextHost(["uri": printer.uri], printer)
        }
    }

    @Test func `its job in the queue is cancelled by the next one, and at the printer too`() async throws {
        try await withQueue(sheetDuration: .seconds(3)) { options, printer, server in
            await printAndDie(options)
            try await nextHost(options, printer)
            try await eventually { server.spooledDocuments().isEmpty }
        }
    }

    @Test func `a queue that stopped with its job in it is started by the next one`() async throws {
        try await withQueue(sheetDuration: .seconds(3)) { options, printer, server in
            await printAndDie(options)
            try await server.setPaused(true)
            #expect(try PrinterDriver(options: options).poll().state == .ready)
            try await eventually { server.spooledDocuments().isEmpty }
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test func `another kiosk's job is left alone`() async throws {
        try await withPrinter(sheetDuration: .milliseconds(1500)) { printer in
            let job = try RunningPrint(options: ["uri": printer.uri, "user": "kiosk-1"], document: pdf(pages: 2))
            try await eventually { printer.isPrinting }
            #expect(try PrinterDriver(options: ["uri": printer.uri, "user": "kiosk-2"]).poll().state == .ready)
            #expect(try await job.result == .printed(sheets: 2))
        }
    }
}
