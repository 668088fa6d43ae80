import AsyncHTTPClient
import Bench
import Foundation
import KioskModel
import NIOCore
import NIOHTTP1
import PlatformAPI
import QueueLoad

/// Tells the platform what it must not believe, and says what it believed all the same.
struct Stranger {
    /// Whose public half of the key he knows, and whose token he has.
    let credential: KioskCredential
    let officer: PlatformOperator

    /// - Parameter receipt: the code of a genuine one; nil when none was given out
    func visit(with receipt: String?) async throws -> Findings {
        var findings = Findings()
        if let receipt, try await officer.custody(of: try forged(receipt)) != nil {
            findings.corrupted.append("the platform vouched for a receipt that no kiosk signed")
        }
        let status = try await sendPieceWithWrongChecksum()
        if status != Tus.checksumMismatch { findings.corrupted.append("the platform answered \(status) to a piece with a wrong checksum") }
        return findings
    }

    /// What that receipt says, signed by another key in the name of the kiosk's.
    private func forged(_ receipt: String) throws -> String {
        let forger = Forger(publicKey: credential.kioskKey, own: try KioskPrivateKey())
        return try forger.sign(try SignedCustodyReceipt(token: receipt).receipt).token
    }

    private struct Forger: KioskSigner {
        let publicKey: KioskKey
        let own: KioskPrivateKey

        func sign(_ bytes: Data) throws -> Data { try own.sign(bytes) }
    }

    private struct NotLetIn: Error, CustomStringConvertible {
        var status: Int
        var description: String { "the platform answered \(status) to an upload of the kiosk's own" }
    }

    /// - Returns: the status of the answer
    private func sendPieceWithWrongChecksum() async throws -> Int {
        let piece = Data(repeating: 7, count: 1000)
        // Announced to be longer, so that nothing is decided.
        let upload = UploadMetadata(id: .v7(at: Date()), kind: .application, sequence: 1, sealedDigest: Digest.sha256(piece + piece))
        let announced = try await send(
            .POST, PlatformRoute.uploads, [Tus.uploadLength: "\(2 * piece.count)", Tus.uploadMetadata: upload.headerValue])
        guard announced == 201 else { throw NotLetIn(status: announced) }
        var other = Digest()
        other.update(piece + piece)
        let status = try await send(
            .PATCH, PlatformRoute.upload(upload.id),
            ["Content-Type": Tus.contentType, Tus.uploadOffset: "0", Tus.uploadChecksum: "sha256 \(other.bytes.base64EncodedString())"], piece)
        _ = try await send(.DELETE, PlatformRoute.upload(upload.id))
        return status
    }

    private func send(_ method: HTTPMethod, _ path: String, _ headers: [String: String] = [:], _ body: Data? = nil) async throws -> Int {
        var request = HTTPClientRequest(url: officer.base + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(credential.token.reveal)")
        request.headers.add(name: Tus.resumable, value: Tus.version)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 16)
        return Int(response.status.code)
    }
}
