internal import DeviceLink
internal import KioskModel

/// What a printer or queue can do, and what becomes of a request that asks for more.
struct PrinterCapabilities: Equatable {
    var model: String
    /// where a queue of a print server sends its jobs; empty for a printer
    var deviceURI: String
    /// `media-ready`
    var media: [String]
    /// `printer-error-policy` of a queue
    var errorPolicy: String
    var hasTwoLongEdge: Bool
    var hasTwoShortEdge: Bool
    var hasOneSided: Bool
    var hasColour: Bool
    var hasMonochrome: Bool
    var hasA4: Bool
    var takesPDF: Bool
    var maxCopies: Int

    /// A queue that has just been made doesn't know its printer yet; one that never tells is asked each time.
    var isKnown: Bool { hasOneSided || hasTwoLongEdge || hasTwoShortEdge }

    /// The keywords that a job is created with; nil is the printer's own choice.
    struct Ticket: Equatable {
        var sides: String?
        var colour: String?
        var media: String?
        /// What the citizen gets less of than was asked for.
        var fallbacks: [PrinterProgress.Fallback] = []
    }

    /// Throws a fault where less than was asked for would harm: no A4, no PDF, fewer copies.
    func ticket(for request: PrintRequest) throws(DeviceFault) -> Ticket {
        guard takesPDF else {
            throw DeviceFault(
                code: "printer.no-pdf", action: .configure, detail: "The printer takes no PDF itself: give queue=NAME of a print server before it.")
        }
        guard hasA4 else { throw DeviceFault(code: "printer.no-a4", action: .configure, detail: "The printer takes no A4 paper.") }
        guard request.copies <= maxCopies else {
            throw DeviceFault(code: "printer.too-many-copies", action: .configure, detail: "The printer makes \(maxCopies) copies at most.")
        }
        // Said each time: where printers come from, letter is what they take for granted.
        var ticket = Ticket(media: "iso_a4_210x297mm")
        let wanted: (keyword: String, isThere: Bool) =
            switch request.sides {
            case .one: ("one-sided", hasOneSided)
            case .twoLongEdge: ("two-sided-long-edge", hasTwoLongEdge)
            case .twoShortEdge: ("two-sided-short-edge", hasTwoShortEdge)
            }
        ticket.sides = wanted.isThere ? wanted.keyword : hasOneSided ? "one-sided" : nil
        if request.sides != .one, !wanted.isThere { ticket.fallbacks.append(.oneSided) }
        switch request.colour {
        case .automatic: break
        case .colour where hasColour: ticket.colour = "color"
        case .colour: ticket.fallbacks.append(.monochrome)
        case .monochrome: ticket.colour = hasMonochrome ? "monochrome" : nil
        }
        return ticket
    }

    /// For `DeviceStatus.identity`.
    var identity: [String: String] {
        var identity = ["model": model, "colour": hasColour ? "yes" : "no", "two-sided": hasTwoLongEdge || hasTwoShortEdge ? "yes" : "no"]
        if !media.isEmpty { identity["media"] = media.joined(separator: ",") }
        if !errorPolicy.isEmpty { identity["error-policy"] = errorPolicy }
        return identity
    }
}
