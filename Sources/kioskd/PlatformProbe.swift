import KioskQueue
import KioskRuntime
import ServiceLifecycle

/// Asks the platform now and then whether it is there, so that the attract screen is honest before anything was sent, and a way that came
/// back is used at once.
struct PlatformProbe: Service {
    static let interval = Duration.seconds(20)

    let uplink: PlatformLink
    let delivery: DeliveryService

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await delivery.probed(answered: await uplink.answers())
                guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
            }
        }
    }
}
