import Foundation
import PlatformAPI

/// What is done to a genuine packet, from the fuzzer's bytes: one step a line, so that a seed can be read and written by hand. Any bytes are a
/// script.
///
///     !1          of the second packet of the target's table
///     s1 2        its second and third part change places; part 0 is the prefix, the last the signature, the others the chunks
///     r1          the second comes twice
///     g1          it is gone
///     t3 1        the second part of the fourth packet takes its place
///     x100 255    byte 100 is changed in these bits, at least in one
///     d100 16     16 bytes are taken out there
///     i100 text   these are put in
///     c100        nothing is left behind byte 100
///     h2          it is opened under the header of the third packet
///     k           with a stranger's keys
///     f7 1 4096   pieces of 7, 1 and 4096 bytes, in turns
struct PacketScript {
    private static let mostSteps = 32
    private static let mostParts = 16

    /// The table's packet under whose header it is opened.
    private(set) var header = 0
    private(set) var isForeign = false
    private(set) var pieces: [Int] = []
    private var parts: [Data] = []

    var bytes: Data { parts.reduce(Data(), +) }

    init(_ input: Data) {
        let lines = input.dropFirst().split(separator: UInt8(ascii: "\n"), maxSplits: Self.mostSteps, omittingEmptySubsequences: false)
        header = (lines.first.flatMap { Self.numbers($0).first } ?? 0) % GenuinePacket.all.count
        parts = GenuinePacket.all[header].parts
        for line in lines.dropFirst().prefix(Self.mostSteps) { take(line) }
    }

    private mutating func take(_ line: Data) {
        let numbers = Self.numbers(line.dropFirst())
        let first = numbers.first ?? 0
        let second = numbers.dropFirst().first ?? 0
        switch line.first {
        case UInt8(ascii: "s") where !parts.isEmpty: parts.swapAt(first % parts.count, second % parts.count)
        case UInt8(ascii: "r") where !parts.isEmpty && parts.count < Self.mostParts:
            parts.insert(parts[first % parts.count], at: first % parts.count)
        case UInt8(ascii: "g") where !parts.isEmpty: parts.remove(at: first % parts.count)
        case UInt8(ascii: "t") where !parts.isEmpty:
            let others = GenuinePacket.all[first % GenuinePacket.all.count].parts
            parts[second % parts.count] = others[second % others.count]
        case UInt8(ascii: "x"): edit { bytes in if first < bytes.count { bytes[first] ^= UInt8(max(1, second % 256)) } }
        case UInt8(ascii: "d"): edit { $0 = $0.prefix(first) + $0.dropFirst(first).dropFirst(second) }
        case UInt8(ascii: "i"):
            let text = line.drop { $0 != UInt8(ascii: " ") }.dropFirst()
            edit { $0 = $0.prefix(first) + text + $0.dropFirst(first) }
        case UInt8(ascii: "c"): edit { $0 = $0.prefix(first) }
        case UInt8(ascii: "h"): header = first % GenuinePacket.all.count
        case UInt8(ascii: "k"): isForeign = true
        case UInt8(ascii: "f"): pieces = Array(numbers.prefix(8))
        default: break
        }
    }

    /// What changes single bytes knows no parts; there is one behind it.
    private mutating func edit(_ change: (inout Data) -> Void) {
        var bytes = self.bytes
        change(&bytes)
        parts = [Data(bytes)]
    }

    /// The words of digits at the start, each at most a million; what isn't one ends them.
    private static func numbers(_ text: Data) -> [Int] {
        var found: [Int] = []
        for word in text.split(separator: UInt8(ascii: " ")) {
            guard word.allSatisfy({ (48...57).contains($0) }) else { break }
            found.append(word.reduce(0) { min(1_000_000, $0 * 10 + Int($1 - 48)) })
        }
        return found
    }
}
