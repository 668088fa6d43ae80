internal import DeviceLink
internal import KioskModel
internal import ScannerShim

extension ScannerHandle {
    /// Sets source, mode, resolution, depth and window, then what the configuration adds. Returns the resolution that the device took.
    ///
    /// The order matters: source and mode change what the others accept (SANE standard §4.4, SANE_INFO_RELOAD_OPTIONS).
    func configure(for request: ScanRequest, extra: [(option: String, value: String)]) throws -> Int {
        try choose("source", [Words(request.source)], named: request.source.rawValue)
        // A scanner that has only the other one scans in that; the page says in which.
        let modes: [Words] = request.mode == .gray ? [.gray, .colour] : [.colour, .gray]
        try choose("mode", modes, named: request.mode.rawValue)
        let resolution = try set("resolution", to: nearest("resolution", to: Double(request.resolution)) ?? Double(request.resolution))
        if bounds(of: "depth") != nil { try set("depth", to: 8) }
        // Document scanners cut the window to the sheet they believe in: tell them first.
        let paper = request.pageSize.millimetres
        for (option, length) in [("page-width", paper?.width), ("page-height", paper?.height)] {
            try setLength(option, length, resolution)
        }
        for (option, length) in [("tl-x", 0), ("tl-y", 0), ("br-x", paper?.width), ("br-y", paper?.height)] {
            try setLength(option, length, resolution)
        }
        for (option, value) in extra { try set(option, toText: value) }
        return Int(resolution.rounded())
    }

    var scansBothSides: Bool { choices(of: "source").contains { Words.duplex.fit($0.lowercased()) } }

    /// Picks the text that means what is wanted. A device without the option has only one way to scan, which is taken as it is.
    /// `wanted` stands in the order of preference.
    private func choose(_ option: String, _ wanted: [Words], named name: String) throws {
        let choices = choices(of: option)
        guard !choices.isEmpty else { return }
        guard let choice = wanted.lazy.compactMap({ words in choices.first { words.fit($0.lowercased()) } }).first else {
            throw PageFrame.fault("no-\(option)", "no \(option) \(name) among the \(choices.count) that the scanner has")
        }
        try set(option, to: choice)
    }

    /// Millimetres, in the unit of the option and within its bounds, which are those of the source that was set; nil for as much as there is.
    /// Nothing when the device hasn't got the option.
    private func setLength(_ option: String, _ millimetres: Double?, _ resolution: Double) throws {
        guard let bounds = bounds(of: option) else { return }
        guard let millimetres else {
            if bounds.bounded { try set(option, to: bounds.maximum) }
            return
        }
        let wanted = UInt32(bounds.unit) == KIOSK_SCANNER_UNIT_PIXEL.rawValue ? millimetres / 25.4 * resolution : millimetres
        try set(option, to: bounds.bounded ? min(max(wanted, bounds.minimum), bounds.maximum) : wanted)
    }

    /// An option from the configuration, whose type only the device knows.
    private func set(_ option: String, toText value: String) throws {
        let number: Double? =
            switch value {
            case "yes", "true": 1
            case "no", "false": 0
            default: Double(value)
            }
        do {
            try set(option, to: value)
        } catch let failure as ScannerFailure where failure.code == KIOSK_SCANNER_WRONG_TYPE.rawValue {
            guard let number else { throw failure }
            try set(option, to: number)
        }
    }
}

/// The words by which backends call a source or a mode, lower case: any of `some`, none of `none`.
private struct Words {
    var some: [String]
    var none: [String]

    static let flatbed = Words(some: ["flatbed", "platen"])
    static let feeder = Words(some: ["adf", "feeder"], none: ["duplex", "back"])
    /// `ADF Duplex` (airscan, fujitsu, avision), `Automatic Document Feeder (duplex)` (others).
    static let duplex = Words(some: ["duplex"])
    static let gray = Words(some: ["gray", "grey"])
    static let colour = Words(some: ["color", "colour"])

    init(some: [String], none: [String] = []) {
        self.some = some
        self.none = none
    }

    init(_ source: ScanRequest.Source) {
        switch source {
        case .flatbed: self = .flatbed
        case .feeder: self = .feeder
        case .feederDuplex: self = .duplex
        }
    }

    func fit(_ name: String) -> Bool {
        some.contains { name.contains($0) } && !none.contains { name.contains($0) }
    }
}

extension ScanRequest.PageSize {
    /// nil for as much as there is
    fileprivate var millimetres: (width: Double, height: Double)? {
        switch self {
        // ISO 216
        case .a4: (210, 297)
        case .a5: (148, 210)
        // ISO/IEC 7810 ID-1, 85.60 by 53.98, and the crooked way in which a card comes to lie
        case .idCard: (92, 62)
        case .whole: nil
        }
    }
}
