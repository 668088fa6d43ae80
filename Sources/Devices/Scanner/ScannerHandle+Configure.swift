internal import DeviceLink
internal import KioskModel
internal import ScannerShim

extension ScannerHandle {
    /// A4 in millimetres (ISO 216).
    private static let paper = (width: 210.0, height: 297.0)

    /// Sets source, mode, resolution, depth and window, then what the configuration adds. Returns the resolution that the device took.
    ///
    /// The order matters: source and mode change what the others accept (SANE standard §4.4, SANE_INFO_RELOAD_OPTIONS).
    func configure(for request: ScanRequest, extra: [(option: String, value: String)]) throws -> Int {
        try choose("source", request.source == .feeder ? Self.isFeeder : Self.isFlatbed, named: request.source.rawValue)
        try choose("mode", request.mode == .gray ? Self.isGray : Self.isColour, named: request.mode.rawValue)
        let resolution = try set("resolution", to: Double(request.resolution))
        if bounds(of: "depth") != nil { try set("depth", to: 8) }
        // Document scanners cut the window to the sheet they believe in: tell them first.
        for (option, length) in [("page-width", Self.paper.width), ("page-height", Self.paper.height)] {
            try setLength(option, length, resolution)
        }
        for (option, length) in [("tl-x", 0), ("tl-y", 0), ("br-x", Self.paper.width), ("br-y", Self.paper.height)] {
            try setLength(option, length, resolution)
        }
        for (option, value) in extra { try set(option, toText: value) }
        return Int(resolution.rounded())
    }

    /// Picks the text that means what is wanted. A device without the option has only one way to scan, which is taken as it is.
    private func choose(_ option: String, _ matches: (String) -> Bool, named wanted: String) throws {
        let choices = choices(of: option)
        guard !choices.isEmpty else { return }
        guard let choice = choices.first(where: { matches($0.lowercased()) }) else {
            throw PageFrame.fault("no-\(option)", "no \(option) \(wanted) among the \(choices.count) that the scanner has")
        }
        try set(option, to: choice)
    }

    /// Millimetres, in the unit of the option and within its bounds; nothing when the device hasn't got the option.
    private func setLength(_ option: String, _ millimetres: Double, _ resolution: Double) throws {
        guard let bounds = bounds(of: option) else { return }
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

    private static func isFeeder(_ name: String) -> Bool {
        (name.contains("adf") || name.contains("feeder")) && !name.contains("duplex") && !name.contains("back")
    }

    private static func isFlatbed(_ name: String) -> Bool {
        name.contains("flatbed") || name.contains("platen")
    }

    private static func isGray(_ name: String) -> Bool {
        name.contains("gray") || name.contains("grey")
    }

    private static func isColour(_ name: String) -> Bool {
        name.contains("color") || name.contains("colour")
    }
}
