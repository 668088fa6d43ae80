internal import KioskModel

/// The one table from IPP `printer-state-reasons` (RFC 8011 §5.4.12, PWG 5100.9, PWG 5100.13) to states and faults.
///
/// The severity suffix isn't believed: printers put `-report` behind an empty tray while idle and `-warning` behind the same tray while they
/// wait for paper. A kiosk's printer has one tray, so that a keyword either stops it or doesn't.
struct PrinterReason {
    let code: String
    let action: RepairAction
    let state: DeviceState

    private init(_ code: String, _ action: RepairAction, _ state: DeviceState = .needsTechnician) {
        self.code = code
        self.action = action
        self.state = state
    }

    /// In order of urgency: a jam is named before the empty tray that may follow from it.
    private static let table: [(keyword: String, reason: PrinterReason)] = [
        ("shutdown", .init("printer.offline", .replug, .offline)),
        ("offline", .init("printer.offline", .replug, .offline)),
        ("media-jam", .init("printer.media-jam", .clear)),
        ("door-open", .init("printer.door-open", .clear)),
        ("cover-open", .init("printer.door-open", .clear)),
        ("interlock-open", .init("printer.door-open", .clear)),
        ("input-tray-missing", .init("printer.tray-missing", .clear)),
        ("media-empty", .init("printer.media-empty", .refill)),
        ("media-needed", .init("printer.media-empty", .refill)),
        ("output-area-full", .init("printer.output-full", .clear)),
        ("toner-empty", .init("printer.marker-empty", .refill)),
        ("marker-supply-empty", .init("printer.marker-empty", .refill)),
        ("marker-supply-missing", .init("printer.marker-empty", .refill)),
        ("marker-waste-full", .init("printer.waste-full", .replace)),
        ("fuser-over-temp", .init("printer.fuser", .reset)),
        ("fuser-under-temp", .init("printer.fuser", .reset)),
        ("opc-life-over", .init("printer.worn-out", .replace)),
        ("developer-empty", .init("printer.worn-out", .replace)),
        ("spool-area-full", .init("printer.spool-full", .reset)),
        ("paused", .init("printer.paused", .reset)),
        ("moving-to-paused", .init("printer.paused", .reset)),
    ]

    /// Keywords without their severity.
    static func keywords(_ reasons: [String]) -> [String] {
        reasons.map { reason in
            for suffix in ["-report", "-warning", "-error"] where reason.hasSuffix(suffix) {
                return String(reason.dropLast(suffix.count))
            }
            return reason
        }
    }

    /// The most urgent reason that keeps the printer from printing; nil for low supplies and everything else that lets it go on.
    static func blocking(_ reasons: [String]) -> PrinterReason? {
        let present = Set(keywords(reasons))
        return table.first { present.contains($0.keyword) }?.reason
    }

    func fault(_ reasons: [String]) -> DeviceFault {
        DeviceFault(code: code, action: action, detail: "printer-state-reasons: \(reasons.joined(separator: ", "))")
    }
}
