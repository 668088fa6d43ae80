import Hummingbird
import PlatformAPI

/// `GET /v1/acknowledgements/{id}`: the platform's word on a packet of the kiosk that asks.
struct AcknowledgementRoutes: Sendable {
    let intake: PacketIntake

    func get(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        guard let decision = try await intake.decide(try context.id(), kiosk: try context.kiosk()) else {
            throw ProblemResponse.retry(.undecided, 404, "There is no decision on this packet.", after: 1)
        }
        switch decision.outcome {
        case .accepted(let signed): return try .json(signed)
        case .rejected(let reason): throw ProblemResponse(.packetRejected, 422, "The packet was rejected.", reason: reason)
        }
    }
}
