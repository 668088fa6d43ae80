public struct PrintRequest: Sendable, Codable, Hashable {
    /// IPP `sides`
    public enum Sides: String, Sendable, Codable { case one, twoLongEdge, twoShortEdge }
    /// IPP `print-color-mode`
    public enum Colour: String, Sendable, Codable { case automatic, colour, monochrome }

    /// Shown in the printer's job list; never a personal value: the reference number.
    public var title: String
    public var copies: Int
    public var sides: Sides
    public var colour: Colour

    public init(title: String, copies: Int = 1, sides: Sides = .one, colour: Colour = .automatic) {
        self.title = title
        self.copies = copies
        self.sides = sides
        self.colour = colour
    }
}

/// What a printer says while it prints.
public struct PrinterProgress: Sendable, Codable, Hashable {
    public var sheetsPrinted: Int
    /// IPP `printer-state-reasons` as the printer gives them.
    public var reasons: [String]
    /// Less than was asked for, and harmless: said from the first progress on.
    public var fallbacks: [Fallback]

    public enum Fallback: String, Sendable, Codable { case oneSided, monochrome }

    public init(sheetsPrinted: Int, reasons: [String], fallbacks: [Fallback] = []) {
        self.sheetsPrinted = sheetsPrinted
        self.reasons = reasons
        self.fallbacks = fallbacks
    }
}
