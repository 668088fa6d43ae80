internal import KioskModel

/// A social-security card that answers APDUs, over T=0: SSSE with its files EF05 and EF06, as a synthetic citizen's.
public struct VirtualSocialSecurityCard: Sendable {
    /// Where something can go wrong.
    public enum Step: String, Sendable, CaseIterable {
        case select
        /// Fetching the answer to SELECT.
        case getResponse
        /// A record of EF05, of EF06.
        case cardFile, holderFile
    }

    public enum Fault: Sendable, Equatable {
        /// The card answers this SW.
        case status(UInt16)
        /// Bytes that are no record.
        case garbage
        /// It is pulled out before it answers.
        case pull
        /// The reader goes before it answers.
        case readerGone
    }

    /// T=0, and the historical bytes of nobody.
    static let atr: [UInt8] = [0x3B, 0x66, 0x00, 0x00] + Array("BENCH1".utf8)
    private static let name = Array("sx1.sh.".utf8) + [0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF]

    private let files: [UInt8: [[UInt8]]]
    private var isSelected = false
    private var pending: [UInt8] = []
    private var fault: (kind: Fault, step: Step)?
    /// ``Fault/readerGone`` is due: there is no answer.
    private(set) var isReaderDue = false

    /// nil for a citizen who has no such card.
    public init?(_ citizen: SyntheticCitizen) {
        guard let name = Self.names[citizen.id] else { return nil }
        func record(_ tag: UInt8, _ bytes: [UInt8], _ length: Int, fill: UInt8 = 0) -> [UInt8] {
            [tag, UInt8(length)] + bytes.prefix(length) + Array(repeating: fill, count: max(0, length - bytes.count))
        }
        files = [
            0x05: [
                record(0x01, Self.digits("999999D156000005000000000000AB"), 16, fill: 0xFF), record(0x02, Array("3".utf8), 1),
                record(0x03, Array("3.00".utf8), 4), record(0x04, Self.digits("915600000500999999000000"), 12),
                record(0x05, Self.digits(citizen.validFrom.compact), 4), record(0x06, Self.digits(citizen.validUntil?.compact ?? "FFFFFFFF"), 4),
                record(0x07, Array("A99999999".utf8), 9),
            ],
            0x06: [
                record(0x08, Array(citizen.number.utf8), 18), record(0x09, name, 30), record(0x4E, Array(name.dropFirst(30)), 20),
                record(0x0A, Array("\(citizen.sex.rawValue)".utf8), 1), record(0x0B, Self.digits(citizen.ethnicGroupCode ?? "97"), 1),
                record(0x0C, Self.digits("999999"), 3), record(0x0D, Self.digits(citizen.birth.compact), 4),
            ],
        ]
    }

    /// A contact card of another kind: it has no such application.
    public init() {
        files = [:]
    }

    public mutating func inject(_ fault: Fault, at step: Step) {
        self.fault = (fault, step)
        isReaderDue = false
    }

    /// Power off and on.
    mutating func reset() {
        isSelected = false
        pending = []
    }

    /// The answer to a command; nil when the card is pulled out instead, nothing when the reader is to go.
    mutating func answer(_ command: [UInt8]) -> [UInt8]? {
        guard command.count >= 4 else { return [0x67, 0x00] }
        switch command[1] {
        case 0xA4 where command[2] == 0x04:
            if let fault = takeFault(.select) { return fault.answer }
            guard !files.isEmpty, Array(command.dropFirst(5).prefix(15)) == Self.name else { return [0x6A, 0x82] }
            isSelected = true
            pending = [0x6F, 0x11, 0x84, 0x0F] + Self.name
            return [0x61, UInt8(pending.count)]
        case 0xC0:
            if let fault = takeFault(.getResponse) { return fault.answer }
            return pending.isEmpty ? [0x69, 0x85] : pending + [0x90, 0x00]
        case 0xB2:
            let file = command[3] >> 3
            if let fault = takeFault(file == 0x05 ? .cardFile : .holderFile) { return fault.answer }
            guard isSelected, let records = files[file] else { return [0x6A, 0x82] }
            let index = Int(command[2]) - 1
            guard records.indices.contains(index) else { return [0x6A, 0x83] }
            // A card of T=0 is told how long the record is by a second command.
            guard command.count > 4, Int(command[4]) == records[index].count else { return [0x6C, UInt8(records[index].count)] }
            return records[index] + [0x90, 0x00]
        default: return [0x6D, 0x00]
        }
    }

    /// What comes instead of an answer.
    private struct Upset {
        var answer: [UInt8]?
    }

    private mutating func takeFault(_ step: Step) -> Upset? {
        guard let fault, fault.step == step else { return nil }
        self.fault = nil
        switch fault.kind {
        case .status(let value): return Upset(answer: [UInt8(value >> 8), UInt8(value & 0xFF)])
        case .garbage: return Upset(answer: [0x09, 0xF0, 0x41, 0x42, 0x90, 0x00])
        case .pull: return Upset(answer: nil)
        case .readerGone:
            isReaderDue = true
            return Upset(answer: [])
        }
    }

    private static func digits(_ text: String) -> [UInt8] {
        let nibbles = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: nibbles.count - 1, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
    }

    /// The citizens' names in GB18030, by another converter than the driver's.
    private static let names: [String: [UInt8]] = [
        "resident": [0xBC, 0xF2, 0xD1, 0xF9, 0xB1, 0xBE], "moved": [0xE1, 0xAF, 0xBA, 0xCF, 0xB3, 0xC9],
        "permit": [0xD7, 0xAF, 0xCA, 0xD4, 0xD1, 0xE9], "foreigner2023": [0xB7, 0xB6, 0xCA, 0xD4, 0xD1, 0xF9],
        "rare": [0xFD, 0x93, 0x83, 0x36, 0xCF, 0x39, 0x95, 0x34, 0xB2, 0x35],
    ]
}
