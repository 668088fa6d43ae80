import Bench
import BenchLine
import DeviceLink
import Foundation
import KioskModel
import KioskRuntime

/// A page handed in until the printer has taken it: kioskd's order to its hearing of the acceptance, beside `ipptool` with the same three requests (how are
/// you, Create-Job, Send-Document) at the same printer, which is CUPS's own ippeveprinter. Our host runs; what `ipptool` takes to start is measured by a
/// run without a request, and subtracted. The runs alternate, and the medians are compared.
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
        try Data().write(to: directory.appending(path: "nothing.test"))
        let hosts = try HostBench(DeviceSpec(name: "printer", deviceClass: .printer, options: ["uri": printer.uri]))
        do {
            try await hosts.ready()
            var (ours, theirs, starting): ([Duration], [Duration], [Duration]) = ([], [], [])
            for _ in 0..<prints {
                ours.append(try await print(page, hosts))
                try await settled(printer)
                let printed = printer.printedDocuments().count
                theirs.append(try ipptool("print.test", printer, directory))
                try await Poll.until("ipptool's page", deadline: .seconds(30)) {
                    printer.printedDocuments().count > printed ? .there(()) : .notYet("it isn't printed")
                }
                try await settled(printer)
                starting.append(try ipptool("nothing.test", printer, directory))
            }
            await hosts.stop()
            return [
                BenchLine(
                    name: "print-accepted", value: ours.median / .milliseconds(1), unit: "ms", peer: "ipptool",
                    peerValue: (theirs.median - starting.median) / .milliseconds(1), goal: 1.1)
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

    private func print(_ page: [UInt8], _ hosts: HostBench) async throws -> Duration {
        let accepted = FirstTime()
        let file = try MemoryFile.copying(page)
        let began = ContinuousClock.now
        let outcome = await hosts.supervisor.perform(.print(PrintRequest(title: "bench")), on: "printer", files: [file], deadline: .seconds(60)) {
            progress, _ in
            if case .printing = progress { accepted.note() }
        }
        guard case .success(.printed(1)) = outcome.completion, let end = accepted.instant else {
            throw BenchFailure("a print came to \(outcome.completion)")
        }
        return end - began
    }

    private func ipptool(_ test: String, _ printer: IPPPrinterSimulator, _ directory: URL) throws -> Duration {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/ipptool")
        process.arguments = ["-q", "-f", directory.appending(path: "page.pdf").path, printer.uri, directory.appending(path: test).path]
        process.environment = ["HOME": directory.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let began = ContinuousClock.now
        try process.run()
        process.waitUntilExit()
        let took = ContinuousClock.now - began
        guard process.terminationStatus == 0 else { throw BenchFailure("ipptool ended with \(process.terminationStatus)") }
        return took
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
