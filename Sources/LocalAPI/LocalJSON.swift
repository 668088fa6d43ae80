public import Foundation

/// The one JSON form of the local API and of `kioskctl --format json`: keys sorted, dates ISO 8601 in UTC to the second, slashes bare.
public enum LocalJSON {
    /// `pretty` adds line breaks and indentation, for kioskctl.
    public static func encoder(pretty: Bool = false) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Reads what `encoder` writes; a date with fractions of a second isn't understood.
    public static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}
