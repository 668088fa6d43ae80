import Foundation
import PlatformAPI

/// A platform that is given the bytes of a packet.
struct Opening {
    let header: PacketHeader
    /// It has neither the key that the packets are sealed to nor the kiosk's.
    var isForeign = false

    struct Outcome {
        var plaintext = Data()
        /// Nil when the packet opened to its end.
        var failure: PacketError?
    }

    /// So many pieces at most: a packet of many bytes one by one is slow, and nothing new.
    private static let mostPieces = 4096

    /// Feeds an opener pieces of these sizes in turns, and then what is left; all at once without any. Demands that one which has thrown does nothing
    /// more.
    func fed(_ bytes: Data, in sizes: [Int]) -> Outcome {
        var opener = PacketOpener(
            header: header,
            privateKeys: [GenuinePacket.strangersKey] + (isForeign ? [] : [GenuinePacket.sealingKey, GenuinePacket.nationalKey]),
            kioskKeys: isForeign ? [] : [GenuinePacket.signer.publicKey, GenuinePacket.nationalSigner.publicKey])
        var outcome = Outcome()
        var rest = bytes[...]
        var pieces = 0
        do {
            repeat {
                let size = sizes.isEmpty || pieces >= Self.mostPieces ? rest.count : max(1, sizes[pieces % sizes.count])
                // With indices of its own, as a slice has them.
                let plaintext = try opener.open(rest.prefix(size))
                demand(outcome.plaintext.count + plaintext.count <= bytes.count, "more plaintext than bytes")
                outcome.plaintext += plaintext
                rest = rest.dropFirst(size)
                pieces += 1
            } while !rest.isEmpty
            try opener.finish()
        } catch let error as PacketError {
            outcome.failure = error
            demand((try? opener.open(rest))?.isEmpty ?? true, "plaintext behind \(error)")
            demand((try? opener.finish()) == nil, "\(error), and a packet all the same")
        } catch {
            give("an error of another kind: \(error)")
        }
        return outcome
    }
}
