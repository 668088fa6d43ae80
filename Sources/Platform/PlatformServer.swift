public import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The reference central platform: what a city must offer to its kiosks, on one SQLite database and one directory of sealed packets.
public struct PlatformServer: Service {
    private let configuration: PlatformConfiguration
    private let logger: Logger
    private let onRunning: @Sendable (URL) async -> Void
    private let table: PlatformRoutes
    private let intake: PacketIntake
    private let ledger: LedgerStore

    /// Every route as `METHOD /path/{parameter}`, sorted.
    public let routes: [String]

    /// - Parameter onRunning: called with the server's address once it listens.
    /// - Throws: `PlatformError`, `CatalogueError`, or the database's error.
    public init(configuration: PlatformConfiguration, logger: Logger, onRunning: @escaping @Sendable (URL) async -> Void = { _ in }) throws {
        self.configuration = configuration
        self.logger = logger
        self.onRunning = onRunning
        let limits = configuration.limits
        let core = try PlatformCore(data: configuration.data, catalogue: configuration.catalogue, limits: limits, logger: logger)
        ledger = core.intake.ledger
        intake = core.intake
        table = PlatformRoutes(
            tokens: TokenStore(database: core.database), keys: intake.keys, limits: limits, items: ItemRoutes(items: core.items),
            uploads: UploadRoutes(store: intake.uploads, files: intake.files, locks: intake.locks, intake: intake, limits: limits),
            acknowledgements: AcknowledgementRoutes(intake: intake),
            ledger: LedgerRoutes(ledger: ledger, signer: intake.keys.acknowledgement),
            applications: ApplicationRoutes(store: intake.applications, uploads: intake.uploads, reader: intake.reader),
            receipts: ReceiptRoutes(desk: ReceiptDesk(database: core.database, signer: intake.keys.acknowledgement), limits: limits))
        routes = table.entries.map { "\($0.method.rawValue) \($0.path)" }.sorted()
    }

    /// Serves until it is asked to stop; requests under way are finished.
    public func run() async throws {
        try await ledger.begin()
        try await intake.decideLeftovers()
        let limits = configuration.limits
        let host = configuration.host
        let onRunning = onRunning
        let idle = TimeAmount(limits.idleTimeout)
        let application = Application(
            router: table.router(),
            server: .http1(
                configuration: .init(
                    idleTimeout: idle,
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 64))),
            configuration: .init(
                address: .hostname(host, port: configuration.port), serverName: "platformd",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.maxConnections)),
            onServerRunning: { channel in
                guard let port = channel.localAddress?.port, let url = URL(string: "http://\(host.contains(":") ? "[\(host)]" : host):\(port)") else {
                    return
                }
                await onRunning(url)
            },
            logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    do {
                        try await intake.discardAbandoned(after: limits.uploadLifetime)
                    } catch {
                        logger.error("unfinished uploads couldn't be looked through", metadata: ["error": "\(type(of: error))"])
                    }
                    guard (try? await Task.sleep(for: limits.sweepInterval)) != nil else { return }
                }
            }
            try await application.run()
            group.cancelAll()
        }
    }
}
