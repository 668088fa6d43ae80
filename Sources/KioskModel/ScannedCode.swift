public import FoundationEssentials

/// A bar code or QR code as a scanner or camera read it. Whatever it says may be personal.
public struct ScannedCode: Sendable, Codable, Equatable {
    /// AIM symbology identifier (ISO/IEC 15424) as `]Q1`; empty when the scanner doesn't send one.
    public var symbology: String
    public var content: Redacted<Data>

    public init(symbology: String, content: Data) {
        self.symbology = symbology
        self.content = Redacted(content)
    }

    /// nil when the content isn't UTF-8.
    public var text: Redacted<String>? { String(validating: content.reveal, as: UTF8.self).map(Redacted.init) }
}
