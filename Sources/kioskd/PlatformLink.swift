import Foundation
import KioskRuntime
import Logging
import PlatformAPI
import PlatformClient
import ServiceLifecycle

/// The platform's client as the delivery loop needs it.
struct PlatformLink: Uplink {
    private let client: PlatformUplink

    init(_ client: PlatformUplink) {
        self.client = client
    }

    func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt {
        guard let kind = PacketKind(rawValue: packet.kind) else {
            throw UplinkError(.rejected, code: "packet.kind", message: "this version knows no packet of kind \(packet.kind)")
        }
        let header = PacketHeader(id: packet.id, kind: kind, kiosk: client.kiosk, sequence: packet.sequence)
        do {
            let signed = try await client.deliver(file: packet.file, header: header, sealedDigest: packet.digest)
            return AcknowledgementReceipt(bytes: try PlatformJSON.encoder().encode(signed))
        } catch let error as UplinkFailure {
            throw UplinkError(error)
        }
    }

    /// Whether the platform answers as itself.
    func answers() async -> Bool {
        (try? await client.info()) != nil
    }
}

/// Asks the platform now and then whether it is there, so that the attract screen is honest before anything was sent, and a way that came
/// back is used at once.
struct PlatformProbe: Service {
    static let interval = Duration.seconds(20)

    let uplink: PlatformLink
    let delivery: DeliveryService
    let logger: Logger

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await delivery.probed(reachable: await uplink.answers())
                try await Task.sleep(for: Self.interval)
            }
        }
    }
}
