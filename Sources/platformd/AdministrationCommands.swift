import ArgumentParser
import Foundation
import Platform
import PlatformAPI

struct EnrolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol",
        abstract: "Make a kiosk known and write its credential file (mode 0600).",
        discussion:
            "Works whether the server runs or not. Enrolling a known kiosk again ends its former credential. An existing file is not replaced.")

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(help: "Name of the kiosk: 1 to \(KioskName.longest) of a–z, 0–9 and -.")
    var kiosk: String

    @Option(help: "Address at which the kiosk reaches the platform: https, or http on this machine.")
    var url: String

    @Option(help: ArgumentHelp("The kiosk's public key: the file ending in .pub that `kioskctl key make` wrote.", valueName: "file"))
    var key: String

    @Option(help: ArgumentHelp("Credential file to write.", valueName: "file"))
    var out: String

    func run() throws {
        guard let platformURL = URL(string: url) else { throw ValidationError("--url is not a URL.") }
        guard !FileManager.default.fileExists(atPath: out) else { throw ValidationError("\(out) exists; remove it, or choose another file.") }
        guard let pem = try? String(contentsOf: URL(fileURLWithPath: key), encoding: .utf8) else {
            throw ValidationError("--key: \(key) can't be read.")
        }
        let kioskKey: KioskKey
        do {
            kioskKey = try KioskKey(pem: pem)
        } catch KioskKeyError.unsupported {
            throw ValidationError("--key: \(key) holds no public key of P-256, and \(NationalCryptoError.failed).")
        } catch {
            throw ValidationError(
                "--key: \(key) holds no public key of P-256 or SM2; take the file ending in .pub that `kioskctl key make` wrote at the kiosk.")
        }
        let credential = try Enrolment(data: URL(fileURLWithPath: dataPath)).enrol(kiosk: kiosk, platformURL: platformURL, kioskKey: kioskKey)
        try credential.write(to: URL(fileURLWithPath: out))
        try printLine("platformd: enrolled \(kiosk), credential in \(out)")
    }
}

struct OperatorTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator-token",
        abstract: "Print a new bearer token for operators; the former one ends.",
        discussion: "Works whether the server runs or not.")

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    func run() throws {
        try printLine(try Enrolment(data: URL(fileURLWithPath: dataPath)).operatorToken())
    }
}

struct RotateKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Make a new key for kiosks to seal to, and print its id.",
        discussion: """
            Start the server anew afterwards; kiosks then learn of the key by themselves. Former keys stay, since packets that were sealed to them may \
            still be on their way, and those that have come must stay readable.

            With a key of another profile, kiosks seal by that profile as soon as they know of it, whatever their own keys are. Kiosks of a version that \
            doesn't know the profile don't understand the platform any more: bring those up to date first.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(
        help: ArgumentHelp(
            "Algorithms of the new key: international (X25519, AES-256-GCM) or national (SM2, SM4, SM3). Those of the key before it unless given.",
            valueName: "profile"), transform: CryptoProfile.init(argument:))
    var profile: CryptoProfile?

    func run() throws {
        try printLine(try Enrolment.rotateSealingKey(data: URL(fileURLWithPath: dataPath), profile: profile).id)
    }
}

extension CryptoProfile {
    init(argument: String) throws {
        guard let profile = Self(rawValue: argument) else { throw ValidationError("say international or national.") }
        self = profile
    }
}

struct OpenAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI document that the server serves at /openapi.json.")

    func run() throws {
        try FileHandle.standardOutput.write(contentsOf: Data(OpenAPIDocument.json.utf8))
    }
}
