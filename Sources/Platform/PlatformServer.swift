import Catalogue
public import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import KioskModel
public import Logging
import NIOCore
import PlatformAPI
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
        let items = try Catalogue.load(directory: configuration.catalogue)
        try PrivateDirectory.make(configuration.data)
        let keys = try KeyStore(directory: configuration.data)
        let database = try PlatformDatabase(directory: configuration.data)
        let files = try PacketFiles(directory: configuration.data)
        let uploads = UploadStore(database: database)
        let locks = UploadLocks()
        let applications = ApplicationStore(
            database: database, items: Dictionary(uniqueKeysWithValues: items.map { ($0.code, $0) }), maxMaterialSize: limits.maxMaterialPacket)
        ledger = LedgerStore(database: database)
        let reader = PacketReader(files: files, keys: keys, kioskKeys: KioskKeyStore(database: database))
        intake = PacketIntake(
            uploads: uploads, files: files, locks: locks, keys: keys, ledger: ledger, reader: reader, decisions: DecisionStore(database: database),
            applications: applications,
            logger: logger)
        table = PlatformRoutes(
            tokens: TokenStore(database: database), keys: keys, limits: limits, items: ItemRoutes(items: items),
            uploads: UploadRoutes(store: uploads, files: files, locks: locks, intake: intake, limits: limits),
            acknowledgements: AcknowledgementRoutes(intake: intake),
            ledger: LedgerRoutes(ledger: ledger, signer: keys.acknowledgement),
            applications: ApplicationRoutes(store: applications, uploads: uploads, reader: reader),
            receipts: ReceiptRoutes(desk: ReceiptDesk(database: database, signer: keys.acknowledgement), limits: limits))
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
        try await application.run()
    }
}
