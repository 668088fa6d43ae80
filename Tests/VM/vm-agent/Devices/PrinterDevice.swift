import Bench
import Foundation

/// `ipp`: CUPS's own IPP Everywhere printer. `cups`: the same behind a private print server, which the driver then speaks to.
struct PrinterDevice: VMDevice {
    private let printer: IPPPrinterSimulator
    private let server: PrintServer?

    init(behindServer: Bool, options: [String: String]) throws {
        var model = IPPPrinterSimulator.Model()
        for (key, value) in options {
            switch (key, value) {
            case ("two-sided", "yes"): model.isTwoSided = true
            case ("colour", "yes"): model.isColour = true
            default: throw DeviceTrouble("a printer has the options two-sided=yes and colour=yes")
            }
        }
        printer = try IPPPrinterSimulator(sheetDuration: .milliseconds(400), model: model)
        server = behindServer ? try PrintServer(printerURI: printer.uri) : nil
    }

    var isPlugged: Bool { printer.isPlugged }

    func plug(within deadline: Duration) async throws {
        // One that pulled its own plug may still be on its way down.
        await printer.stop()
        try await printer.start()
        try await server?.start()
    }

    func unplug(within deadline: Duration) async throws { await printer.stop() }

    func unplug(at step: String) async throws {
        guard let known = IPPPrinterSimulator.Step(rawValue: step) else {
            throw DeviceTrouble("a printer's steps are \(IPPPrinterSimulator.Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        await printer.stop(at: known)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch (verb, arguments.count) {
        case ("options", 0):
            return server.map { "queue=\(PrintServer.queue) server=\($0.socket.path())" } ?? "uri=\(printer.uri)"
        case ("load", 1):
            guard let sheets = Int(arguments[0]), (0...250).contains(sheets) else { throw DeviceTrouble("write `load NAME SHEETS`, 0 to 250") }
            try await printer.load(sheets: sheets)
        case ("break", 1): try await printer.set(try trouble(arguments[0]), true)
        case ("mend", 1): try await printer.set(try trouble(arguments[0]), false)
        case ("silence", 0): printer.setOffline(true)
        case ("unsilence", 0): printer.setOffline(false)
        case ("printing", 0): try await wait("a job at the mechanism", within: deadline) { printer.isPrinting }
        case ("stuck", 0): try await wait("a job that stands still", within: deadline) { printer.standsStill }
        case ("printed", 0): return "\(printer.printedDocuments().count)"
        case ("spooled", 0):
            // The server hears of a job's end a little after the printer.
            try await wait("an empty spool", within: deadline) { server?.spooledDocuments().isEmpty != false }
            return "nothing"
        default:
            throw DeviceTrouble(
                "a printer has no verb `\(verb)` of that kind; verbs are options, load SHEETS, break TROUBLE, mend TROUBLE, silence, unsilence, "
                    + "printing, stuck, printed, spooled")
        }
        return "done"
    }

    private func wait(_ what: String, within deadline: Duration, until isThere: () -> Bool) async throws {
        try await Poll.until(what, deadline: deadline) { isThere() ? .there(()) : .notYet("none") }
    }

    private func trouble(_ word: String) throws -> IPPPrinterSimulator.Trouble {
        let known = IPPPrinterSimulator.Trouble.allCases
        guard let trouble = known.first(where: { "\($0)" == word }) else {
            throw DeviceTrouble("a printer's troubles are \(known.map { "\($0)" }.joined(separator: ", "))")
        }
        return trouble
    }

    func end() async {
        await server?.remove()
        await printer.remove()
    }
}
