internal import Glibc

/// A deliberate fault of kiosk or platform: what proves that a rig can fail. Linked only by a build with `KIOSK_MUTANTS=1`;
/// docs/rigs.md tells which rig catches which.
public enum Mutant: String, Sendable {
    /// The unsealed document passes through a temporary file.
    case leak
    /// A sealed file isn't fsynced before it gets its name.
    case noFileFsync = "no-file-fsync"
    /// The directory of the sealed files isn't fsynced after their renaming.
    case noDirectoryFsync = "no-directory-fsync"
    /// SQLite runs at synchronous=NORMAL, which in WAL mode commits without an fsync.
    case synchronousOff = "synchronous-off"
    /// The citizen is told before the commit has returned.
    case earlyAcknowledgement = "early-acknowledgement"
    /// The sealed file is erased before the platform's acknowledgement is stored.
    case earlyErase = "early-erase"
    /// A packet counts as delivered in one transaction, and its acknowledgement is stored in the next.
    case earlyCount = "early-count"
    /// Materials are sent before the applications that they depend on.
    case materialsFirst = "materials-first"
    /// A restored platform isn't compared with: what it lost isn't sent again.
    case noReconciliation = "no-reconciliation"
    /// The first backup has everything erased, also what came after it.
    case eraseWithoutBackup = "erase-without-backup"
    /// A submission that finds no room has the oldest give way.
    case evictingQuota = "evicting-quota"
    /// A repair makes no rows for the packets that have none.
    case droppingRepair = "dropping-repair"
    /// An import says that it has taken a packet once the copy is there, before the transaction that records it.
    case earlyImport = "early-import"
    /// The platform takes a piece of an upload whatever its checksum.
    case anyChecksum = "any-checksum"
    /// The platform vouches for a receipt whoever signed it.
    case anyReceipt = "any-receipt"

    /// The environment variable that wakes one by its name.
    public static let variable = "KIOSK_MUTANT"

    /// The one that is awake in this process; nil for none. A name that no mutant has ends the process:
    /// a rig that means to prove something with it must not run a kiosk without fault instead.
    public static let awake: Mutant? = {
        guard let value = getenv(variable) else { return nil }
        let name = String(cString: value)
        guard let mutant = Mutant(rawValue: name) else { fatalError("there is no mutant \(name)") }
        return mutant
    }()

    /// Whether it is this one.
    public var isAwake: Bool { Self.awake == self }
}
