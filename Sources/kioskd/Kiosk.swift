import Catalogue
import DeviceLink
import DeviceStore
import Foundation
import KioskFlow
import KioskModel
import KioskQueue
import KioskRuntime
import LocalAPI
import Logging
import Outbox
import PlatformAPI
import ServiceLifecycle
import UnixSignals

/// Puts the parts together, in the order in which they depend on each other.
struct Kiosk {
    private let services: [any Service]
    private let power: PowerWatch
    private let logger: Logger

    /// Opens everything that can be opened at once. Throws what names the file or key to mend.
    init(configuration: KioskConfiguration, logger: Logger) throws {
        self.logger = logger
        try Self.prepare(configuration)
        var credential = try KioskCredential(contentsOf: configuration.credentialFile)
        credential.platformURL = configuration.platformURL ?? credential.platformURL
        guard credential.kiosk == configuration.kiosk else { throw StartError.otherKiosk(configuration.credentialFile.path) }
        let signer = try KioskPrivateKey(contentsOf: configuration.signingKeyFile)
        guard signer.publicKey == credential.kioskKey else { throw StartError.otherKey(configuration.signingKeyFile.path) }
        let items = try Catalogue.load(directory: configuration.catalogueDirectory)
        let room = RoomPolicy(needed: RoomPolicy.largestSubmission(of: items))
        let limits = OutboxLimits(quota: configuration.queue.quota, reserve: configuration.queue.reserve)
        if let quota = limits.quota, quota < room.reopening { throw StartError.smallQuota(quota, room) }
        let outbox = try Outbox(directory: configuration.dataDirectory, limits: limits, logger: logger)
        let store = OutboxStore(outbox)
        let keys = try PlatformKeys(credential: credential, directory: configuration.dataDirectory, logger: logger)
        if keys.current.profile != signer.publicKey.profile {
            // It works; but whoever chose a profile would have the whole packet made by it.
            logger.notice(
                "packets are sealed by one profile and signed by the other; make a key of the platform's (`kioskctl key make --profile`) and enrol anew",
                metadata: ["sealed": "\(keys.current.profile.rawValue)", "signed": "\(signer.publicKey.profile.rawValue)"])
        }
        let verifier = OutboxVerifier(store: store, logger: logger)

        let records = DeviceMemory(directory: configuration.dataDirectory, logger: logger)
        let supervisor = DeviceSupervisor(
            specs: configuration.devices.map {
                DeviceSpec(name: $0.name, deviceClass: $0.deviceClass, options: $0.options, environment: $0.environment)
            },
            launcher: SpawnLauncher(executable: configuration.deviceHost.path), socketPath: configuration.deviceSocket.path, logger: logger,
            records: records, ports: SysfsPorts())
        let uplink = try PlatformLink(credential: credential, bandwidth: configuration.bandwidth)
        let delivery = DeliveryService(store: store, uplink: uplink, logger: logger)
        let watch = QueueWatch(
            store: store, delivery: delivery, directory: configuration.dataDirectory, needed: room.needed,
            freezeAfter: configuration.queue.freeze?.after, logger: logger)
        let pipeline = SubmissionPipeline(
            kiosk: configuration.kiosk, worker: configuration.roles[.imaging] ?? "imaging",
            sealer: SubmissionSealer(key: { keys.current }, signer: signer, store: store), devices: supervisor)
        let engine = SessionEngine(
            kiosk: configuration.kiosk, roles: configuration.roles, devices: supervisor, pipeline: pipeline,
            strings: try StringTable(directory: configuration.stringsDirectory), surroundings: Surroundings(items: items), logger: logger,
            onCommit: {
                Task {
                    await delivery.notifyCommitted()
                    await watch.look()
                }
            })
        let origin = try ServerOrigin(tokenFile: configuration.tokenFile)
        let source = KioskStatus(
            kiosk: configuration.kiosk, engine: engine, supervisor: supervisor, delivery: delivery, store: store, verifier: verifier,
            watch: watch, limits: configuration.queue, needed: room.needed, records: records, startedAt: Date())
        power = PowerWatch(engine: engine, supervisor: supervisor, minimumRuntime: configuration.minimumRuntime, logger: logger)
        services = [
            uplink,
            supervisor,
            delivery,
            PlatformWatch(link: uplink, keys: keys, store: store, delivery: delivery, logger: logger),
            SurroundingsWatch(engine: engine, supervisor: supervisor, delivery: delivery, roles: configuration.roles),
            verifier,
            watch,
            StorageWatch(
                store: store, verifier: verifier, watch: watch, freezing: configuration.queue.freeze?.journeys ?? [], engine: engine,
                logger: logger),
            ControlServer(configuration: configuration, source: source, origin: origin, logger: logger),
            try TouchscreenServer(configuration: configuration, engine: engine, origin: origin, logger: logger),
        ]
    }

    /// Why the kiosk was stopped.
    enum End {
        case signal, power
    }

    /// Returns after SIGTERM or SIGINT, or before the battery ends, when every service has ended in the reverse order.
    func run() async throws -> End {
        let services = services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        let watch = ServiceGroupConfiguration.ServiceConfiguration(service: power, successTerminationBehavior: .gracefullyShutdownGroup)
        var group = ServiceGroupConfiguration(services: services + [watch], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(5)
        group.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: group).run()
        return await power.hasEnded ? .power : .signal
    }

    private static func prepare(_ configuration: KioskConfiguration) throws {
        for directory in [configuration.dataDirectory, configuration.runtimeDirectory] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            // Whoever made it: what lies in there is for this user alone.
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.path)
        }
    }

    enum StartError: Error, CustomStringConvertible {
        case otherKiosk(String)
        case otherKey(String)
        /// bytes, and what is needed
        case smallQuota(Int, RoomPolicy)

        var description: String {
            switch self {
            case .otherKey(let path): "\(path): isn't the key that this kiosk was enrolled with; put that one back, or enrol the kiosk with this one"
            case .smallQuota(let quota, let room):
                """
                queue.quota: \(quota >> 20) MiB are too few, since one submission may take \(room.needed.mebibytes) MiB: give at least \
                \(room.reopening.mebibytes), or leave it out
                """
            case .otherKiosk(let path): "\(path): was issued to another kiosk; enrol this one or correct `kiosk`"
            }
        }
    }
}

extension Int {
    /// Of bytes, rounded up.
    fileprivate var mebibytes: Int { (self + (1 << 20) - 1) >> 20 }
}
