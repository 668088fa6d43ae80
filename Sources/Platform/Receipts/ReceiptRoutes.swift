import Foundation
import Hummingbird
import NIOCore
import PlatformAPI

/// `POST /v1/receipts/check`, for whoever holds a receipt: a citizen's phone, a clerk's desk. It needs no token of its own: it says nothing without a receipt that a kiosk
/// signed, and of that no more than what it is about and what has come of it.
struct ReceiptRoutes: Sendable {
    let desk: ReceiptDesk
    let limits: PlatformConfiguration.Limits

    func check(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        guard let type = request.headers[.contentType], type.lowercased().split(separator: ";").first == "application/json" else {
            throw ProblemResponse(.unsupportedMediaType, 415, "Content-Type must be application/json.")
        }
        let body = try await body(request)
        guard let question = try? PlatformJSON.decode(CustodyQuestion.self, from: body) else {
            throw ProblemResponse(.badRequest, 400, "The body must be a JSON object with the receipt's code as its token.")
        }
        do {
            return try .json(try await desk.check(try SignedCustodyReceipt(token: question.token)))
        } catch let error as ReceiptTokenError {
            throw ProblemResponse(.notAReceipt, 400, "This isn't a kiosk's receipt.", detail: "\(error)")
        } catch ReceiptRefusal.unknownKiosk {
            throw ProblemResponse(.unknownKiosk, 422, "No kiosk of this name was ever enrolled with this key.")
        } catch ReceiptRefusal.badSignature {
            throw ProblemResponse(.badSignature, 422, "The kiosk's key did not sign this.")
        }
    }

    private func body(_ request: Request) async throws -> Data {
        let deadline = ContinuousClock.now.advanced(by: limits.bodyTimeout)
        var bytes = Data()
        do {
            for try await buffer in request.body {
                bytes.append(contentsOf: buffer.readableBytesView)
                guard bytes.count <= CustodyQuestion.largest else {
                    throw ProblemResponse(.tooLarge, 413, "A question may have \(CustodyQuestion.largest) bytes at most.")
                }
                guard ContinuousClock.now <= deadline else { throw ProblemResponse.retry(.timeout, 408, "The body took too long.", after: 1) }
            }
        } catch let error as ProblemResponse {
            throw error
        } catch {
            throw ProblemResponse.retry(.timeout, 408, "The body ended early.", after: 1)
        }
        return bytes
    }
}
