import Foundation
import Outbox
import PlatformAPI

/// Reads what sealed files say of themselves, and whether a kiosk's key signed them. Nothing is opened: that takes the platform's key.
struct PacketInspector {
    /// Of whose packets these should be one's; none takes their word for it.
    let keys: [KioskKey]

    /// Nil for what isn't a packet of this kiosk's, or was changed since it was signed. Throws `OutboxError.io` when the file can't be read.
    func label(of file: URL) throws -> OutboxLabel? {
        do {
            return try read(file)
        } catch let error as NationalCryptoError {
            throw OutboxError(.io, "\(file.lastPathComponent) can't be verified: \(error)")
        } catch {
            throw OutboxError(.io, "\(file.lastPathComponent) can't be read: copy the disk (ddrescue) and work on the copy, or move the file away")
        }
    }

    private func read(_ file: URL) throws -> OutboxLabel? {
        let handle = try FileHandle(forReadingFrom: file)
        guard let prefix = try? PacketPrefix(reading: try handle.read(upToCount: PacketPrefix.largestSize) ?? Data()) else { return nil }
        if !keys.isEmpty {
            guard let key = keys.first(where: { $0.id == prefix.kioskKeyID }), try isSigned(handle, by: key) else { return nil }
        }
        return OutboxLabel(
            id: prefix.header.id, sequence: prefix.header.sequence, kind: prefix.header.kind.rawValue, reference: prefix.label.reference,
            dependsOn: prefix.label.dependsOn)
    }

    private func isSigned(_ handle: FileHandle, by key: KioskKey) throws -> Bool {
        let size = try handle.seekToEnd()
        guard size > PacketFormat.signatureSize else { return false }
        var rest = Int(size) - PacketFormat.signatureSize
        try handle.seek(toOffset: 0)
        var digest = try key.packetDigest()
        while rest > 0, let piece = try handle.read(upToCount: min(rest, 1 << 20)), !piece.isEmpty {
            digest.update(piece)
            rest -= piece.count
        }
        let signature = try handle.read(upToCount: PacketFormat.signatureSize) ?? Data()
        return try key.verify(signature, ofPacket: digest.bytes)
    }
}
