import Catalogue
import Foundation
import KioskModel
import Logging

/// What decides on packets, by whichever way they come.
struct PlatformCore {
    let database: PlatformDatabase
    let items: [ServiceItem]
    let intake: PacketIntake

    /// Makes the directory and what belongs into it when they are missing.
    /// - Throws: `PlatformError`, `CatalogueError`, or the database's error.
    init(data: URL, catalogue: URL, limits: PlatformConfiguration.Limits, logger: Logger) throws {
        items = try Catalogue.load(directory: catalogue)
        try PrivateDirectory.make(data)
        let keys = try KeyStore(directory: data)
        database = try PlatformDatabase(directory: data)
        let files = try PacketFiles(directory: data)
        intake = PacketIntake(
            uploads: UploadStore(database: database), files: files, locks: UploadLocks(), keys: keys, ledger: LedgerStore(database: database),
            reader: PacketReader(files: files, keys: keys, kioskKeys: KioskKeyStore(database: database)),
            decisions: DecisionStore(database: database),
            applications: ApplicationStore(
                database: database, items: Dictionary(uniqueKeysWithValues: items.map { ($0.code, $0) }), maxMaterialSize: limits.maxMaterialPacket),
            logger: logger)
    }
}
