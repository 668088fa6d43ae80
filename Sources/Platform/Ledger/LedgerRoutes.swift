import Foundation
import Hummingbird
import PlatformAPI

/// `GET /v1/ledger?nonce=<32 hexadecimal digits>&terms=<id>,<id>…`: what this platform has of what it once acknowledged.
struct LedgerRoutes: Sendable {
    let ledger: LedgerStore
    let signer: AcknowledgementSigner

    func get(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        let query = request.uri.queryParameters
        let words = query["terms"].map { $0.split(separator: ",") } ?? []
        let terms = words.compactMap { UUID(wireText: $0) }
        guard let nonce = query["nonce"].flatMap({ Data(hexadecimal: $0) }), nonce.count == LedgerStatement.nonceSize, terms.count == words.count,
            terms.count <= LedgerStatement.mostTerms
        else {
            throw ProblemResponse(
                .badRequest, 400,
                "nonce is \(LedgerStatement.nonceSize) bytes in hexadecimal, terms are at most \(LedgerStatement.mostTerms) ids with commas between.")
        }
        return try .json(try signer.sign(try await ledger.statement(to: try context.kiosk(), nonce: nonce, terms: terms)))
    }
}
