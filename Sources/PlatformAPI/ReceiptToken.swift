public import Foundation

/// A signed word on what a citizen handed in, as text for a QR code: the kiosk's, that it holds it, or the platform's, that it has taken it. docs/custody-receipt.md describes both.
///
/// It proves nothing until it was verified with a key that is believed.
public enum ReceiptToken: Sendable, Hashable {
    case custody(SignedCustodyReceipt)
    case acceptance(SignedAcceptance)

    /// No token is longer, in characters.
    public static let longest = 512

    /// - Parameter text: with white space around it or without
    /// - Throws: `ReceiptTokenError`
    public init(_ text: String) throws {
        self =
            ReceiptText.trimmed(text).hasPrefix(ReceiptText.acceptance)
            ? .acceptance(try SignedAcceptance(token: text)) : .custody(try SignedCustodyReceipt(token: text))
    }
}

/// Why a text is no token. None of them quotes it.
public enum ReceiptTokenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It doesn't begin as one does.
    case notAReceipt
    case tooLong
    /// Characters that no token has, or one too few or too many.
    case badText
    /// What it stands for isn't the fields of a receipt and a signature.
    case malformed

    public var description: String {
        switch self {
        case .notAReceipt: "this isn't a receipt's code: one begins with \(ReceiptText.custody) or \(ReceiptText.acceptance)"
        case .tooLong: "this is longer than any receipt's code: give one code alone"
        case .badText: "this receipt's code is damaged, or not all of it is here: read it again, with its blanks and in capitals"
        case .malformed: "this receipt's code doesn't hold a receipt, or one of another version"
        }
    }
}

/// The text form that both kinds share: a scheme, then in Base45 the key's id (8 bytes), the fields that are signed without their domain, and the signature (64 bytes).
enum ReceiptText {
    static let custody = "CKR1:"
    static let acceptance = "CKA1:"

    private static let keyIDSize = 8
    private static let signatureSize = 64

    struct Parts {
        var keyID: String
        var fields: CanonicalReader
        var signature: Data
    }

    static func trimmed(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static func write(_ scheme: String, keyID: String, fields: Data, signature: Data) -> String {
        scheme + Base45.encode((Data(hexadecimal: keyID) ?? Data()) + fields + signature)
    }

    /// - Throws: `ReceiptTokenError`
    static func read(_ text: String, _ scheme: String) throws -> Parts {
        // Before anything is made of it: the text may come from anybody. White space around it may be a little more than a line feed.
        guard text.utf8.count <= ReceiptToken.longest + 64 else { throw ReceiptTokenError.tooLong }
        let text = trimmed(text)
        guard text.hasPrefix(scheme) else { throw ReceiptTokenError.notAReceipt }
        guard text.utf8.count <= ReceiptToken.longest else { throw ReceiptTokenError.tooLong }
        guard let bytes = Base45.decode(text.dropFirst(scheme.count)) else { throw ReceiptTokenError.badText }
        guard bytes.count > keyIDSize + signatureSize else { throw ReceiptTokenError.malformed }
        return Parts(
            keyID: Data(bytes.prefix(keyIDSize)).hexadecimal,
            fields: CanonicalReader(Data(bytes.dropFirst(keyIDSize).dropLast(signatureSize))), signature: Data(bytes.suffix(signatureSize)))
    }

    /// Without blanks and control characters, so that it can be shown anywhere.
    static func isPlain(_ text: String, _ sizes: ClosedRange<Int>) -> Bool {
        sizes.contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension CanonicalBytes {
    /// Whole seconds since 1970; a date from JSON may be anything, and a conversion that traps would let a stranger end the process.
    mutating func append(_ date: Date) {
        append(UInt64(exactly: date.timeIntervalSince1970.rounded(.down)) ?? 0)
    }
}

extension CanonicalReader {
    /// Nil beyond the year 9999, which dates aren't written for.
    mutating func date() -> Date? {
        guard let seconds = number(), seconds < 253_402_300_800 else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }
}

extension ReceiptToken {
    /// What a command was given: the token itself, or `-` for one that is read from its standard input.
    /// - Throws: `ReceiptTokenError`, or what the file system says
    public init(argument: String, input: FileHandle = .standardInput) throws {
        guard argument == "-" else {
            self = try Self(argument)
            return
        }
        var bytes = Data()
        while bytes.count <= 4 << 10, let more = try input.read(upToCount: 4 << 10), !more.isEmpty { bytes += more }
        self = try Self(String(decoding: bytes, as: UTF8.self))
    }
}
