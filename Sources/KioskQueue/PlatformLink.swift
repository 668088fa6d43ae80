internal import Foundation
public import KioskRuntime
public import PlatformAPI
internal import PlatformClient
public import ServiceLifecycle

/// The platform's client as the delivery loop needs it.
public struct PlatformLink: Uplink, Service {
    private let kiosk: String
    private let client: PlatformUplink

    /// Connects only when something is to be delivered.
    /// - Parameters:
    ///   - bandwidth: bytes a second that all uploads together may send; nil for what the line takes
    ///   - deadline: the longest that one request may take, its whole answer included
    public init(credential: KioskCredential, bandwidth: Int? = nil, deadline: Duration = .seconds(60)) throws {
        kiosk = credential.kiosk
        client = try PlatformUplink(credential: credential, bandwidth: bandwidth, deadline: deadline)
    }

    public var executor: (any TaskExecutor)? { client.executor }

    /// Sends one packet and returns the platform's verified acknowledgement. Throws `DeliveryError`.
    public func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt {
        guard let kind = PacketKind(rawValue: packet.kind) else {
            throw DeliveryError(.rejected, code: "packet.kind", message: "this version knows no packet of kind \(packet.kind)")
        }
        let header = PacketHeader(id: packet.id, kind: kind, kiosk: kiosk, sequence: packet.sequence)
        do {
            let delivered = try await client.deliver(
                file: packet.file, header: header, byteCount: packet.byteCount, sealedDigest: packet.digest)
            let acknowledgement = delivered.signed.acknowledgement
            return AcknowledgementReceipt(bytes: delivered.bytes, term: acknowledgement.term, number: acknowledgement.number)
        } catch let error as UplinkError {
            throw DeliveryError(error)
        }
    }

    /// What the platform says of itself; nil when it doesn't answer, or not as itself.
    public func info() async -> PlatformInfo? {
        try? await client.info()
    }

    /// What the platform has of these terms, signed by it. Throws `DeliveryError`.
    func ledger(terms: [UUID]) async throws -> LedgerStatement {
        do {
            return try await client.ledger(terms: terms)
        } catch let error as UplinkError {
            throw DeliveryError(error)
        }
    }

    /// Holds the connections open until everything that uses them has ended.
    public func run() async throws {
        try? await gracefulShutdown()
        try await client.shutdown()
    }
}

extension DeliveryError {
    init(_ error: UplinkError) {
        switch error {
        case .unreachable:
            self.init(.unreachable, code: "platform.unreachable", message: "no connection, it broke, or a gateway says that the platform is down")
        case .retryable(let after, let problem):
            let message =
                switch problem {
                case .badRequest, .notFound, .methodNotAllowed, .unsupportedMediaType, .tusVersion:
                    "the platform didn't take the request; if it stays so, kiosk and platform don't speak the same version"
                default: "the platform asks to come again"
                }
            self.init(.retryable, code: "platform.\(problem?.rawValue ?? "busy")", message: message, retryAfter: after)
        case .rejected(let problem):
            // Its words stay out of the journal: they come from elsewhere and could quote a person.
            self.init(
                .rejected, code: problem.code?.rawValue ?? "platform.rejected",
                message: "the platform will never take it: \(problem.reason.flatMap(RejectionReason.init(rawValue:))?.rawValue ?? "no known reason")")
        case .notThePlatform:
            self.init(.notThePlatform, code: "platform.impostor", message: "what answered is not the platform that enrolled this kiosk")
        case .unauthorised:
            self.init(.unauthorised, code: "platform.credential", message: "the platform doesn't take this kiosk's credential; enrol it anew")
        case .fileDamaged:
            self.init(.damaged, code: "packet.damaged", message: "the sealed file is not what was stored; keep it for salvage")
        case .insecureURL:
            self.init(.notThePlatform, code: "platform.insecure", message: "the platform's address must be https, or http on this machine")
        }
    }
}
