internal import Glibc

/// A deliberate fault of the kiosk: what proves that a rig can fail. Linked only by a build with `KIOSK_MUTANTS=1`;
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
