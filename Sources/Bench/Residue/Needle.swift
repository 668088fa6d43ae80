/// Something that must not be found in what the kiosk left behind.
public struct Needle: Sendable, Hashable {
    public enum Boundary: Sendable, Hashable {
        /// Found is found.
        case none
        /// A row of digits inside a longer row of digits (a time stamp, a digest) is chance.
        case digits
        /// Only where a write or file begins: short magic numbers are chance anywhere else.
        case start
    }

    /// What kind of thing it is and how it is encoded: `number, base64`. Never the value.
    public var kind: String
    public var bytes: [UInt8]
    public var boundary: Boundary
    /// The header of a document or image: a receipt may have it, a personal value may not.
    public var isHeader: Bool

    public init(kind: String, bytes: [UInt8], boundary: Boundary = .none, isHeader: Bool = false) {
        self.kind = kind
        self.bytes = bytes
        self.boundary = boundary
        self.isHeader = isHeader
    }

    /// Headers of unsealed documents and images.
    public static let headers = [
        Needle(kind: "PDF header", bytes: Array("%PDF-".utf8), isHeader: true),
        Needle(kind: "JPEG header", bytes: [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, 0x4A, 0x46, 0x49, 0x46], isHeader: true),
        Needle(kind: "JPEG start", bytes: [0xFF, 0xD8, 0xFF], boundary: .start, isHeader: true),
        Needle(kind: "PNG header", bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], isHeader: true),
    ]
}
