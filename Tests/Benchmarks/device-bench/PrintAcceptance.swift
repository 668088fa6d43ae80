import Bench
import BenchLine
import DeviceLink
import Foundation
import KioskModel
import KioskRuntime

/// A page handed in until the printer has taken it: kioskd's order to its hearing of the acceptance, beside `ipptool` with the same three requests (how
/// are you, Create-Job, Send-Document) at the same printer, which is CUPS's own ippeveprinter. Our host runs, whereas `ipptool` has to be started: its
/// time begins with its connection, as seen at the printer's plug, and ends when its caller knows, with its exit. Every second pair begins with
/// `ipptool`; a pair from which the machine's host stole time is taken again, and the medians of all others are compared.
struct PrintAcceptance {
    let prints: Int

    func run() async throws -> [BenchLine] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "device-bench-printer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let printer = try IPPPrinterSimulator(directory: directory, sheetDuration: .milliseconds(1))
        try await printer.start()
        do {
            let lines = try await measure(printer, directory)
            await printer.stop()
            return lines
        } catch {
            await printer.stop()
            throw error
        }
    }

    private func measure(_ printer: IPPPrinterSimulator, _ directory: URL) async throws -> [BenchLine] {
        let page = SyntheticPDF.pages(1)
        try Data(page).write(to: directory.appending(path: "page.pdf"))
        try Data(Self.requests.utf8).write(to: directory.appending(path: "print.test"))
        let hosts = try HostBench(DeviceSpec(name: "printer", deviceClass: .printer, options: ["uri": printer.uri]))
        do {
            try await hosts.ready()
            var taken = 0
            let pairs = try await StolenTime.retaking(prints, "print", "pairs of prints") { number in
                // However often one is taken again, the tray isn't empty.
                if taken.isMultiple(of: 20) { try await printer.setPaper(true) }
                taken += 1
                // A pair that is taken again begins with the same side: each side begins half of those that count.
                var ours: Duration?
                if number.isMultiple(of: 2) { ours = try await print(page, hosts, printer) }
                let theirs = try await ipptool(printer, directory)
                if !number.isMultiple(of: 2) { ours = try await print(page, hosts, printer) }
                return ours.flatMap { ours in theirs.map { (ours: ours, theirs: $0) } }
            }
            await hosts.stop()
            return [
                BenchLine(
                    name: "print-accepted", value: pairs.map(\.ours).median / .milliseconds(1), unit: "ms", peer: "ipptool",
                    peerValue: pairs.map(\.theirs).median / .milliseconds(1), goal: 1.1)
            ]
        } catch {
            await hosts.stop()
            throw error
        }
    }

    /// The printer has ended the job before: neither of us is told to wait.
    private func settled(_ printer: IPPPrinterSimulator) async throws {
        try await Poll.until("an idle printer", deadline: .seconds(30)) { printer.isPrinting ? .notYet("it prints") : .there(()) }
        try await Task.sleep(for: .milliseconds(100))
    }

    /// From the order to the acceptance; nil when that was disturbed. What comes behind it isn't looked at.
    private func print(_ page: [UInt8], _ hosts: HostBench, _ printer: IPPPrinterSimulator) async throws -> Duration? {
        let (acceptance, accepted) = AsyncStream.makeStream(of: ContinuousClock.Instant.self, bufferingPolicy: .bufferingOldest(1))
        let file = try MemoryFile.copying(page)
        let began = StolenTime.Moment()
        async let took = Self.first(acceptance, began)
        let outcome = await hosts.supervisor.perform(.print(PrintRequest(title: "bench")), on: "printer", files: [file], deadline: .seconds(60)) {
            progress, _ in
            if case .printing = progress { accepted.yield(.now) }
        }
        accepted.finish()
        guard case .success(.printed(1)) = outcome.completion else { throw BenchFailure("a print came to \(outcome.completion)") }
        let duration = try await took
        try await settled(printer)
        return duration
    }

    private static func first(_ ends: AsyncStream<ContinuousClock.Instant>, _ began: StolenTime.Moment) async throws -> Duration? {
        for await end in ends { return try await began.undisturbed(to: end) }
        throw BenchFailure("a print was never accepted")
    }

    /// The same by `ipptool`; nil when it was disturbed.
    private func ipptool(_ printer: IPPPrinterSimulator, _ directory: URL) async throws -> Duration? {
        let printed = printer.printedDocuments().count
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/ipptool")
        process.arguments = ["-q", "-f", directory.appending(path: "page.pdf").path, printer.uri, directory.appending(path: "print.test").path]
        process.environment = ["HOME": directory.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let began = StolenTime.Moment()
        let beginning = ContinuousClock.now
        try process.run()
        process.waitUntilExit()
        let end = ContinuousClock.now
        let isUndisturbed = try await began.undisturbed(to: end) != nil
        guard process.terminationStatus == 0, let connection = printer.lastConnection, connection > beginning else {
            throw BenchFailure("ipptool ended with \(process.terminationStatus)")
        }
        try await Poll.until("ipptool's page", deadline: .seconds(30)) {
            printer.printedDocuments().count > printed ? .there(()) : .notYet("it isn't printed")
        }
        try await settled(printer)
        return isUndisturbed ? end - connection : nil
    }

    /// What our driver sends, in ipptool's language.
    private static let requests = """
        { OPERATION Get-Printer-Attributes
          GROUP operation-attributes-tag
          ATTR charset attributes-charset utf-8
          ATTR language attributes-natural-language en
          ATTR uri printer-uri $uri
          ATTR name requesting-user-name kiosk
          ATTR keyword requested-attributes printer-state,printer-state-reasons,printer-is-accepting-jobs
          STATUS successful-ok }
        { OPERATION Create-Job
          GROUP operation-attributes-tag
          ATTR charset attributes-charset utf-8
          ATTR language attributes-natural-language en
          ATTR uri printer-uri $uri
          ATTR name requesting-user-name kiosk
          ATTR name job-name bench
          GROUP job-attributes-tag
          ATTR integer copies 1
          ATTR keyword media iso_a4_210x297mm
          STATUS successful-ok
          EXPECT job-id }
        { OPERATION Send-Document
          GROUP operation-attributes-tag
          ATTR charset attributes-charset utf-8
          ATTR language attributes-natural-language en
          ATTR uri printer-uri $uri
          ATTR integer job-id $job-id
          ATTR name requesting-user-name kiosk
          ATTR mimeMediaType document-format application/pdf
          ATTR boolean last-document true
          FILE $filename
          STATUS successful-ok }
        """
}
