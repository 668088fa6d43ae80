internal import KioskModel

/// The one table from IPP `printer-state-reasons` (RFC 8011 §5.4.12, PWG 5100.9, PWG 5100.13) to states and faults.
///
/// The severity suffix of a known keyword isn't believed: printers put `-report` behind an empty tray while idle and `-warning` behind the same
/// tray while they wait for paper. A kiosk's printer has one tray, so that a keyword either stops it or doesn't. Of an unknown keyword it is all
/// there is to go by.
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
        ("connecting-to-device", .init("printer.offline", .replug, .offline)),
        ("timed-out", .init("printer.offline", .replug, .offline)),
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
        ("cups-missing-filter", .init("printer.queue-broken", .configure)),
        ("cups-insecure-filter", .init("printer.queue-broken", .configure)),
        ("hold-new-jobs", .init("printer.paused", .reset)),
        ("deactivated", .init("printer.paused", .reset)),
        ("paused", .init("printer.paused", .reset)),
        ("moving-to-paused", .init("printer.paused", .reset)),
    ]

    /// What lets a printer go on, and is worth knowing.
    private static let conditions: [(keyword: String, kind: DeviceCondition.Kind)] = [
        ("media-low", .paperLow),
        ("toner-low", .tonerLow),
        ("marker-supply-low", .tonerLow),
        ("output-area-almost-full", .outputFull),
        ("output-area-full", .outputFull),
    ]

    /// Severities of RFC 8011 §5.4.12.
    private static let severities = ["-report", "-warning", "-error"]

    private static func keyword(_ reason: String) -> String {
        let severity = severities.first { reason.hasSuffix($0) }
        return String(reason.dropLast(severity?.count ?? 0))
    }

    /// Keywords without their severity, each once.
    static func keywords(_ reasons: [String]) -> [String] {
        reasons.map(keyword).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The most urgent reason that keeps the printer from printing, an unknown error last; nil for low supplies and everything else that lets
    /// it go on.
    static func blocking(_ reasons: [String]) -> PrinterReason? {
        let present = Set(keywords(reasons))
        if let known = table.first(where: { present.contains($0.keyword) }) { return known.reason }
        let isUnknownError = reasons.contains { reason in
            reason.hasSuffix("-error") && !conditions.contains { $0.keyword == keyword(reason) }
        }
        return isUnknownError ? PrinterReason("printer.unknown-error", .reset) : nil
    }

    static func conditions(_ reasons: [String]) -> [DeviceCondition] {
        let present = Set(keywords(reasons))
        return conditions.filter { present.contains($0.keyword) }.map { DeviceCondition($0.kind) }
    }

    /// Whether a print server says it of its queue, not of the printer behind.
    static func isOfQueue(_ reason: String) -> Bool {
        let keyword = keyword(reason)
        return keyword.hasPrefix("cups-") || ["paused", "moving-to-paused", "hold-new-jobs", "deactivated"].contains(keyword)
    }

    func fault(_ reasons: [String]) -> DeviceFault {
        DeviceFault(code: code, action: action, detail: Self.detail("The printer can't print", reasons))
    }

    static func detail(_ what: String, _ reasons: [String]) -> String {
        "\(what); printer-state-reasons: \(reasons.isEmpty ? "none" : reasons.joined(separator: ", "))"
    }
}
