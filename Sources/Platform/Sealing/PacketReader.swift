import Foundation
import PlatformAPI

/// Opens packet files. The plaintext of a material is only hashed while a packet is decided; it is never written anywhere.
struct PacketReader: Sendable {
    enum Failure: Error {
        case digestMismatch
        /// Sealed to a key, or signed with one, that this platform doesn't have. It may be given it.
        case missingKey(PacketError)
    }

    struct Opened: Sendable {
        var byteCount: Int
        var plaintextDigest: String
        /// The plaintext of an application; nil for materials.
        var application: Data?

        /// The submission of an application packet; nil for a material.
        func submission(for header: PacketHeader) throws -> ApplicationSubmission? {
            guard let application else { return nil }
            guard let submission = try? PlatformJSON.decode(ApplicationSubmission.self, from: application) else {
                throw RejectionReason.malformedSubmission
            }
            guard submission.id == header.id, submission.kiosk == header.kiosk else { throw RejectionReason.submissionMismatch }
            return submission
        }
    }

    let files: PacketFiles
    let keys: KeyStore
    let kioskKeys: KioskKeyStore

    /// - Throws: `Failure.digestMismatch` when the file is not what was announced, `missingKey`, else a `RejectionReason` when it does not open.
    func read(_ header: PacketHeader, sealedDigest: String) async throws -> Opened {
        try await read(header, at: files.url(header.id), sealedDigest: sealedDigest).0
    }

    /// The same of a file that lies elsewhere.
    /// - Parameter sealedDigest: nil when nobody announced one
    /// - Returns: what it holds, and the SHA-256 of its bytes
    func read(_ header: PacketHeader, at file: URL, sealedDigest: String?) async throws -> (Opened, sealedDigest: String) {
        let empty = try await opener(header)
        return try await Blocking.run {
            var sealed = Digest()
            var plain = Digest()
            var opener = empty
            var opened = Opened(byteCount: 0, plaintextDigest: "", application: header.kind == .application ? Data() : nil)
            var failure: PacketError?
            try UnreadableFile.read(file) { bytes in
                sealed.update(bytes)
                guard failure == nil else { return }
                do {
                    let plaintext = try opener.open(bytes)
                    plain.update(plaintext)
                    opened.byteCount += plaintext.count
                    opened.application?.append(plaintext)
                } catch let error as PacketError {
                    failure = error
                }
            }
            let digest = sealed.hexadecimal
            // A file damaged on its way is no fault of its sender's, so the digest is judged before the content.
            if let sealedDigest, digest != sealedDigest { throw Failure.digestMismatch }
            do {
                if let failure { throw failure }
                try opener.finish()
            } catch let error as PacketError {
                guard let reason = RejectionReason(error) else { throw Failure.missingKey(error) }
                throw reason
            }
            opened.plaintextDigest = plain.hexadecimal
            return (opened, digest)
        }
    }

    /// The plaintext of an accepted packet, for an operator. Bounded by the limits on uploads.
    func plaintext(_ header: PacketHeader) async throws -> Data {
        let empty = try await opener(header)
        return try await files.read(header.id) { handle in
            var opener = empty
            var plaintext = Data()
            while let bytes = try handle.read(upToCount: PacketFormat.chunkSize), !bytes.isEmpty { plaintext.append(try opener.open(bytes)) }
            try opener.finish()
            return plaintext
        }
    }

    private func opener(_ header: PacketHeader) async throws -> PacketOpener {
        PacketOpener(header: header, privateKeys: keys.sealing, kioskKeys: try await kioskKeys.keys(of: header.kiosk))
    }
}
