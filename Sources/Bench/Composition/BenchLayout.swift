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
            case .noExecutable(let path): "\(path) isn't built: run `swift build` first"
            case .noKioskDirectory: "the directory Kiosk isn't found: run this from a clone of the repository"
            case .pathTooLong(let path): "\(path) is too long a path for a Unix socket (107 bytes): choose a shorter --data"
            }
        }
    }

    /// - Parameter programs: those that must have been built
    /// - Throws: `Problem` when something is missing; nothing has been made then.
    public init(root: URL, needing programs: [String] = ["kioskd", "kiosk-device", "platformd"]) throws {
        self.root = root
        let own = try URL(fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        executables = Self.executables(near: own)
        for name in programs {
            let path = executables.appending(path: name).path
            guard FileManager.default.isExecutableFile(atPath: path) else { throw Problem.noExecutable(path) }
        }
        let places = [FileManager.default.currentDirectoryPath, own.path, #filePath].map { URL(fileURLWithPath: $0) }
        guard let kiosk = places.lazy.compactMap(Self.kioskDirectory(above:)).first else { throw Problem.noKioskDirectory }
        self.kiosk = kiosk
        guard controlSocket.path.utf8.count <= 107 else { throw Problem.pathTooLong(controlSocket.path) }
    }

    /// A fresh private directory, in memory where the system has such a place: what the bench leaves there is gone with the power.
    public static func temporaryRoot() throws -> URL {
        let shared = "/dev/shm"
        let parent = FileManager.default.isWritableFile(atPath: shared) ? URL(fileURLWithPath: shared) : FileManager.default.temporaryDirectory
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
        let own = try URL(fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let path = executables(near: own, holding: program).appending(path: program).path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Problem.noExecutable(path) }
        return path
    }

    /// Beside this executable; a test runs inside a bundle beside the same.
    private static func executables(near own: URL, holding program: String = "platformd") -> URL {
        let beside = own.deletingLastPathComponent()
        if FileManager.default.isExecutableFile(atPath: beside.appending(path: program).path) { return beside }
        let arguments = CommandLine.arguments.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return arguments.first { FileManager.default.isExecutableFile(atPath: $0.appending(path: program).path) } ?? beside
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
