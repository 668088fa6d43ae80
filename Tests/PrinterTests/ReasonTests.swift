import KioskModel
@testable import Printer
import DeviceLink
import Testing

@Suite("What a printer's reasons mean")
struct ReasonTests {
    @Test(arguments: [
        (["media-empty-report"], "printer.media-empty", RepairAction.refill),
        (["media-empty-error", "media-jam-error"], "printer.media-jam", .clear),
        (["cover-open"], "printer.door-open", .clear),
        (["toner-empty-warning"], "printer.marker-empty", .refill),
        (["output-area-full-error"], "printer.output-full", .clear),
        (["paused"], "printer.paused", .reset),
        (["offline-report"], "printer.offline", .replug),
        (["cups-missing-filter-warning"], "printer.queue-broken", .configure),
        (["com.vendor-lamp-error"], "printer.unknown-error", .reset),
    ])
    func blocking(_ reasons: [String], _ code: String, _ action: RepairAction) throws {
        let reason = try #require(PrinterReason.blocking(reasons))
        #expect(reason.code == code && reason.action == action)
    }

    @Test(arguments: ["com.vendor-lamp-warning", "com.vendor-lamp-report", "com.vendor-lamp", "media-low-error", "cups-waiting-for-job-completed"])
    func harmless(_ reason: String) {
        #expect(PrinterReason.blocking([reason]) == nil)
    }

    @Test func conditions() {
        let reasons = ["toner-low-report", "marker-supply-low-warning", "media-low", "output-area-almost-full", "media-empty", "x-error"]
        let status = DeviceStatus(state: .ready, conditions: PrinterReason.conditions(reasons))
        #expect(status.conditions == [DeviceCondition(.paperLow), DeviceCondition(.tonerLow), DeviceCondition(.outputFull)])
    }

    @Test func keywords() {
        #expect(PrinterReason.keywords(["media-low-report", "media-low", "x-error", "-error"]) == ["media-low", "x", ""])
    }
}

@Suite("What a printer that can do less is asked for")
struct TicketTests {
    private let simple = PrinterCapabilities(
        model: "", deviceURI: "", media: [], errorPolicy: "", hasTwoLongEdge: false, hasTwoShortEdge: false, hasOneSided: true, hasColour: false,
        hasMonochrome: true, hasA4: true, takesPDF: true, maxCopies: 5)

    @Test func `less than was asked for is said`() throws {
        let ticket = try simple.ticket(for: PrintRequest(title: "CK", sides: .twoShortEdge, colour: .colour))
        #expect(ticket == .init(sides: "one-sided", colour: nil, media: "iso_a4_210x297mm", fallbacks: [.oneSided, .monochrome]))
    }

    @Test func `what was asked for is asked for`() throws {
        var able = simple
        able.hasTwoLongEdge = true
        able.hasColour = true
        let ticket = try able.ticket(for: PrintRequest(title: "CK", sides: .twoLongEdge, colour: .colour))
        #expect(ticket == .init(sides: "two-sided-long-edge", colour: "color", media: "iso_a4_210x297mm", fallbacks: []))
        #expect(try able.ticket(for: PrintRequest(title: "CK", colour: .monochrome)).colour == "monochrome")
        #expect(try able.ticket(for: PrintRequest(title: "CK")) == .init(sides: "one-sided", colour: nil, media: "iso_a4_210x297mm", fallbacks: []))
    }

    @Test func `what would be something else is a fault`() {
        var letters = simple
        letters.hasA4 = false
        var rasters = simple
        rasters.takesPDF = false
        for (printer, copies, code) in [(letters, 1, "printer.no-a4"), (rasters, 1, "printer.no-pdf"), (simple, 6, "printer.too-many-copies")] {
            let fault = #expect(throws: DeviceFault.self) { try printer.ticket(for: PrintRequest(title: "CK", copies: copies)) }
            #expect(fault?.code == code && fault?.action == .configure)
        }
    }
}
