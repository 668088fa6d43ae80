import ArgumentParser
import Foundation
import LocalAPI
import PlatformAPI

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The kiosk's own key, with which it signs what it sends.",
        discussion: """
            The platform enrols a kiosk with the public half (`platformd enrol --key`). These commands need no running kioskd. Run them as the user that \
            kioskd runs as: the file is for its owner alone.
            """,
        subcommands: [KeyMake.self, KeyShow.self])
}

struct KeyMake: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Make a key, with its public half beside it for the platform.",
        discussion: "An existing key is never replaced: a kiosk that is given another key must be enrolled anew.")

    @OptionGroup var file: KeyFileArgument
    @Option(
        help: ArgumentHelp("Algorithms of its signatures: international (P-256 with SHA-256) or national (SM2 with SM3).", valueName: "profile"),
        transform: CryptoProfile.init(argument:))
    var profile: CryptoProfile = .international
    @Option(help: "How to print the answer.") var format: Format = .table

    func run() async throws {
        try Renderer(format: format).answer {
            let key = try KioskPrivateKey(profile: profile)
            try key.write(to: file.url)
            guard file.write(key.publicKey) else { throw KioskKeyError.notWritable(path: file.publicURL.path, errno: errno) }
            return KeyReport(key.publicKey, file)
        }
    }
}

struct KeyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The public half of the key, and the id that the platform knows it by.")

    @OptionGroup var file: KeyFileArgument
    @Option(help: "How to print the answer.") var format: Format = .table

    func run() async throws {
        try Renderer(format: format).answer {
            let key = try KioskPrivateKey(contentsOf: file.url).publicKey
            // It may have been lost. Whoever may only read is shown the key all the same.
            _ = file.write(key)
            return KeyReport(key, file)
        }
    }
}

struct KeyFileArgument: ParsableArguments {
    @Argument(help: "The key's file; its public half goes beside it, with `.pub` at the end.", completion: .file())
    var file = "/etc/kiosk/signing.pem"

    var url: URL { URL(fileURLWithPath: file) }
    var publicURL: URL { URL(fileURLWithPath: file + ".pub") }

    /// Puts the public half beside the key. It is no secret, and always the same.
    func write(_ key: KioskKey) -> Bool {
        FileManager.default.createFile(atPath: publicURL.path, contents: Data(key.pem.utf8 + [0x0A]))
    }
}

/// A kiosk's key, without its secret.
struct KeyReport: Report {
    var id: String
    var profile: CryptoProfile
    var file: String
    /// SubjectPublicKeyInfo, PEM
    var publicKey: String

    init(_ key: KioskKey, _ argument: KeyFileArgument) {
        id = key.id
        profile = key.profile
        file = argument.file
        publicKey = key.pem
    }

    var needsTechnician: Bool { false }

    var table: Table {
        Table(
            .facts([("key", id), ("profile", profile.rawValue), ("file", file)]), .lines(publicKey.split(separator: "\n").map(String.init)),
            .lines([
                "Take \(file).pub to the platform: `platformd enrol --kiosk NAME --key \((file as NSString).lastPathComponent).pub …` answers with the credential."
            ]))
    }
}

extension CryptoProfile {
    init(argument: String) throws {
        guard let profile = Self(rawValue: argument) else { throw ValidationError("say international or national.") }
        self = profile
    }
}

extension Renderer {
    /// Prints what a command without a kioskd found; of a key that can't be used it says why and exits.
    func answer(_ body: () throws -> some Report) throws {
        do {
            FileHandle.standardOutput.write(Data(try render(try body()).utf8))
        } catch let error as KioskKeyError {
            FileHandle.standardError.write(Data("kioskctl: \(Table.printable("\(error)"))\n".utf8))
            throw Outcome(error).exitCode
        }
    }
}

extension Outcome {
    fileprivate init(_ error: KioskKeyError) {
        self =
            switch error {
            case .missing: .notFound
            case .unreadable(_, EACCES), .unreadable(_, EPERM): .notPermitted
            case .invalid, .unreadable, .readableByOthers, .unsupported: .internal
            case .notWritable(_, EEXIST): .usage
            case .notWritable(_, EACCES), .notWritable(_, EPERM): .notPermitted
            case .notWritable: .internal
            }
    }
}
