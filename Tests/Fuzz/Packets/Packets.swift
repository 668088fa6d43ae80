import Foundation
@testable import PlatformAPI

/// What a platform is given as a packet, and what a kiosk is given as the platform's word. The first byte of an input says what it is: `{` a
/// statement in JSON, `!` a script of edits to a genuine packet (`PacketScript`), anything else the bytes of a packet. The seeds of that last kind
/// were sealed to the keys of `GenuinePacket`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPackets(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Data(UnsafeBufferPointer(start: start, count: count))
    switch input.first {
    case UInt8(ascii: "{"): Statements.judge(input)
    case UInt8(ascii: "!"): judge(PacketScript(input))
    default: judge(input)
    }
    return 0
}

/// Bytes of anybody.
private func judge(_ bytes: Data) {
    let prefix = read(bytes)
    let opening = Opening(header: prefix?.header ?? GenuinePacket.all[0].header)
    // All at once, byte by byte, and in pieces that divide nothing.
    let outcomes = [[], [1], [7, 1, 64], [61]].map { opening.fed(bytes, in: $0) }
    demand(Set(outcomes.map(\.failure)).count == 1, "how the bytes are cut decides how they fail: \(outcomes.map(\.failure))")
    // Whoever has the platform's public key can seal; but no fuzzer does by chance.
    let genuine = GenuinePacket.all.first { $0.header == opening.header }
    for outcome in outcomes {
        let isGenuine =
            genuine?.isPlaintext(outcome.plaintext, isWhole: outcome.failure == nil) ?? (outcome.failure != nil && outcome.plaintext.isEmpty)
        demand(isGenuine, "plaintext was handed out that nobody sealed")
    }
}

/// The prefix that the bytes begin with: it is read as soon as it is whole, not before, whatever follows, and written again as it was.
@discardableResult
private func read(_ bytes: Data) -> PacketPrefix? {
    guard let prefix = try? PacketPrefix(reading: bytes) else {
        for count in 0..<min(bytes.count, PacketPrefix.largestSize) {
            demand((try? PacketPrefix(reading: bytes.prefix(count))) == nil, "\(count) bytes are a prefix that all of them aren't")
        }
        return nil
    }
    demand(prefix.size <= min(bytes.count, PacketPrefix.largestSize), "a prefix of \(prefix.size) bytes was read out of \(bytes.count)")
    for count in 0..<prefix.size {
        do {
            demand(try PacketPrefix(reading: bytes.prefix(count)) == nil, "\(count) bytes are enough for a prefix of \(prefix.size)")
        } catch {
            give("\(count) bytes of a prefix are refused: \(error)")
        }
    }
    demand((try? PacketPrefix(reading: bytes.prefix(prefix.size))) == prefix, "the prefix depends on what follows it")
    // Only the keys' ids stand in it.
    var sealingKey = (prefix.profile == .national ? GenuinePacket.nationalKey : GenuinePacket.sealingKey).publicKey
    var kioskKey = GenuinePacket.signer.publicKey
    (sealingKey.id, kioskKey.id) = (prefix.sealingKeyID, prefix.kioskKeyID)
    let again = try? PacketPrefix(header: prefix.header, label: prefix.label, sealingKey: sealingKey, kioskKey: kioskKey)
    demand(
        again == prefix && again?.info == bytes.prefix(prefix.size - prefix.profile.encapsulatedKeySize),
        "a prefix that was read is written otherwise")
    return prefix
}

/// A genuine packet to which something was done.
private func judge(_ script: PacketScript) {
    let expected = GenuinePacket.all[script.header]
    let bytes = script.bytes
    read(bytes)
    let opening = Opening(header: expected.header, isForeign: script.isForeign)
    let isGenuine = bytes == expected.bytes && !script.isForeign
    let whole = opening.fed(bytes, in: [])
    demand((whole.failure == nil) == isGenuine, isGenuine ? "a packet doesn't open: \(String(describing: whole.failure))" : "a changed packet opened")
    let pieces = opening.fed(bytes, in: script.pieces)
    demand(pieces.failure == whole.failure, "how the bytes are cut decides how they fail: \([whole.failure, pieces.failure])")
    for plaintext in [whole.plaintext, pieces.plaintext] {
        demand(plaintext.isEmpty || !script.isForeign, "a stranger's keys open a packet")
        // A change behind a chunk leaves that chunk what it was, under its own header.
        demand(expected.isPlaintext(plaintext, isWhole: isGenuine), "plaintext was handed out that nobody sealed")
    }
}
