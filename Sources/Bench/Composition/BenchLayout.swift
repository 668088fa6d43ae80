public import Foundation

/// Where everything of one bench lies.
public struct BenchLayout: Sendable {
    /// Removed at the end when the bench made it.
    public let root: URL
    /// Executables built beside this one.
    public let executables: URL
    /// The repository's `Kiosk` directory: pages, strings, catalogue.
    public let kiosk: URL

    public enum Problem: Error, CustomStringConvertible {
        case noExecutable(String)
        case noKioskDirectory
        case pathTooLong(String)

        public var description: String {
            switch self {
            case .noExecutable(let program): "\(program) isn't built: run `swift build` first"
            case .noKioskDirectory: "the directory Kiosk isn't found: run this from a clone of the repository"
            case .pathTooLong(let path): "\(path) is too long a path for a Unix socket (107 bytes): choose a shorter --data"
            }
        }
    }

    /// - Parameter programs: those that must have been built
    /// - Throws: `Problem` when something is missing; nothing has been made then.
    public init(root: URL, needing programs: [String] = ["kioskd", "kiosk-device", "platformd"]) throws {
        self.root = root
        executables = try Self.directory(holding: programs)
        let places = [FileManager.default.currentDirectoryPath, executables.path, #filePath].map { URL(fileURLWithPath: $0) }
        guard let kiosk = places.lazy.compactMap(Self.kioskDirectory(above:)).first else { throw Problem.noKioskDirectory }
        self.kiosk = kiosk
        guard controlSocket.path.utf8.count <= 107 else { throw Problem.pathTooLong(controlSocket.path) }
    }

    /// bytes that must be free in memory: a kiosk takes no uploads where its largest submission might find no room
    private static let leastRoom = 1 << 30

    /// A fresh private directory, in memory where the system has such a place: what the bench leaves there is gone with the power.
    public static func temporaryRoot() throws -> URL {
        let shared = "/dev/shm"
        let free = (try? FileManager.default.attributesOfFileSystem(forPath: shared))?[.systemFreeSize] as? NSNumber
        let hasRoom = (free?.intValue ?? 0) >= leastRoom
        let parent =
            FileManager.default.isWritableFile(atPath: shared) && hasRoom ? URL(fileURLWithPath: shared) : FileManager.default.temporaryDirectory
        let root = parent.appending(path: "kiosk-bench-\(UUID().uuidString.prefix(8).lowercased())")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return root
    }

    public func executable(_ name: String) -> String { executables.appending(path: name).path }

    public var kioskData: URL { root.appending(path: "kiosk") }
    public var runtime: URL { root.appending(path: "run") }
    public var platformData: URL { root.appending(path: "platform") }
    public var temporary: URL { root.appending(path: "tmp") }
    public var home: URL { root.appending(path: "home") }
    public var controlSocket: URL { runtime.appending(path: "control.sock") }
    public var credential: URL { root.appending(path: "credential.json") }
    public var kioskConfiguration: URL { root.appending(path: "kioskd.yaml") }

    /// What the bench's processes see of the environment of this one. `KIOSK_MUTANT` means something to a build with mutants only.
    public var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH", "TZ", "KIOSK_MUTANT"].contains($0.key) }
        environment["HOME"] = home.path
        environment["TMPDIR"] = temporary.path
        environment["LANG"] = "C.UTF-8"
        return environment
    }

    /// Everything that is named here and isn't there yet.
    public func makeDirectories() throws {
        for directory in [kioskData, runtime, platformData, temporary, home] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    /// Path of a program built beside this one, for who needs no bench around it.
    /// - Throws: `Problem.noExecutable`
    public static func built(_ program: String) throws -> String {
        try directory(holding: [program]).appending(path: program).path
    }

    /// Where all of them are: beside this executable; a test runs inside a bundle beside the same.
    private static func directory(holding programs: [String]) throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let places = ([own] + CommandLine.arguments).map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        let missing = places.map { place in programs.filter { !FileManager.default.isExecutableFile(atPath: place.appending(path: $0).path) } }
        if let index = missing.firstIndex(where: \.isEmpty) { return places[index] }
        // Named is what lacks where most of them are.
        throw Problem.noExecutable(missing.min { $0.count < $1.count }?.first ?? "")
    }

    private static func kioskDirectory(above start: URL) -> URL? {
        var directory = start
        while directory.path != "/" {
            let candidate = directory.appending(path: "Kiosk")
            if FileManager.default.fileExists(atPath: candidate.appending(path: "web/index.html").path) { return candidate }
            directory = directory.deletingLastPathComponent()
        }
        return nil
    }
}
