/// What a scan job asks for: the part of eSCL's `ScanSettings` that changes the picture.
struct ESCLSettings: Equatable {
    var feeder: Bool
    /// Both sides of each sheet.
    var duplex: Bool
    var gray: Bool
    /// dots per inch
    var resolution: Int

    /// Resolutions that the simulator states in its capabilities, dots per inch.
    static let resolutions = [100, 150, 200, 300]

    /// Reads a `ScanSettings` document; nil when it names no resolution, source or mode that the capabilities offer.
    init?(xml: String) {
        guard let resolution = Self.text(of: "XResolution", in: xml).flatMap({ Int($0) }), Self.resolutions.contains(resolution) else { return nil }
        switch Self.text(of: "InputSource", in: xml) {
        case "Feeder": feeder = true
        case "Platen": feeder = false
        default: return nil
        }
        switch Self.text(of: "ColorMode", in: xml) {
        case "Grayscale8": gray = true
        case "RGB24": gray = false
        default: return nil
        }
        duplex = feeder && Self.text(of: "Duplex", in: xml) == "true"
        self.resolution = resolution
    }

    /// The text of the first element with that local name, whatever its prefix. The settings are flat enough that no parser is needed.
    private static func text(of element: String, in xml: String) -> Substring? {
        for part in xml.split(separator: "<") {
            guard let end = part.firstIndex(of: ">") else { continue }
            let name = part[..<end].split(separator: ":").last
            if name == element[...] { return part[part.index(after: end)...] }
        }
        return nil
    }
}
