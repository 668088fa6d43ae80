import ArgumentParser
import Foundation
import LocalAPI
import PlatformAPI

struct Receipt: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The codes on citizens' receipts, checked with a public key alone.",
        subcommands: [ReceiptCheck.self])
}

struct ReceiptCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say whether a receipt's code was signed with a key, and what it says.",
        discussion: """
            It needs no kioskd, no platform and no network. A code is a kiosk's receipt (CKR1:) or a platform's acceptance (CKA1:). It names nobody and opens nothing; but whoever has it can ask the \
            platform what has become of an application, and an argument can be seen by other users of this machine: `-` takes it from standard input. As an argument it needs quotes (').

            Exit codes: 0 genuine, 3 none of these keys signed it, 65 not a receipt's code.
            """)

    @Option(
        name: .customLong("key"),
        help: ArgumentHelp(
            "A kiosk's public key (the file ending in .pub of `kioskctl key make`), or the platform's (`platformd receipt key`). May be given more than once.",
            valueName: "file"), completion: .file())
    var keys: [String]

    @Option(help: "How to print the answer.") var format: Format = .table

    @Argument(help: "The code's text; - reads it from standard input.")
    var token: String

    func validate() throws {
        if keys.isEmpty { throw ValidationError("--key: name at least one public key.") }
    }

    func run() throws {
        let keys = try keys.map(ReceiptKey.init(file:))
        let token: ReceiptToken
        do {
            token = try ReceiptToken(argument: self.token)
        } catch let error as ReceiptTokenError {
            FileHandle.standardError.write(Data("kioskctl: \(error)\n".utf8))
            throw Outcome.notAReceipt.exitCode
        }
        let report = try ReceiptReport(token, keys)
        FileHandle.standardOutput.write(Data(try Renderer(format: format).render(report).utf8))
        if !report.genuine { throw Outcome.notGenuine.exitCode }
    }
}

/// A key that receipts or acceptances are checked with.
private enum ReceiptKey {
    case kiosk(KioskKey)
    case platform(AcknowledgementKey)

    init(file: String) throws {
        guard let pem = try? String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8) else {
            throw ValidationError("--key: \(Table.printable(file)) can't be read.")
        }
        if let key = AcknowledgementKey(pem: pem) {
            self = .platform(key)
            return
        }
        do {
            self = .kiosk(try KioskKey(pem: pem))
        } catch KioskKeyError.unsupported {
            throw ValidationError("--key: \(Table.printable(file)) holds no public key of P-256, and \(NationalCryptoError.failed).")
        } catch {
            throw ValidationError(
                "--key: \(Table.printable(file)) holds no public key; take the file ending in .pub of `kioskctl key make`, or what `platformd receipt key` prints."
            )
        }
    }

    func verifies(_ token: ReceiptToken) throws -> Bool {
        switch (token, self) {
        case (.custody(let signed), .kiosk(let key)): try signed.verify(with: key)
        case (.acceptance(let signed), .platform(let key)): signed.verify(with: key)
        default: false
        }
    }
}

/// What `receipt check` prints. Of what isn't genuine it repeats no claim but the key that it names.
struct ReceiptReport: Report {
    var genuine: Bool
    /// Of the key that is to have signed it.
    var keyID: String
    var custody: CustodyReceipt?
    var acceptance: Acceptance?

    fileprivate init(_ token: ReceiptToken, _ keys: [ReceiptKey]) throws {
        genuine = try keys.contains { try $0.verifies(token) }
        switch token {
        case .custody(let signed):
            keyID = signed.keyID
            if genuine { custody = signed.receipt }
        case .acceptance(let signed):
            keyID = signed.keyID
            if genuine { acceptance = signed.acceptance }
        }
    }

    var needsTechnician: Bool { false }

    var table: Table {
        let verdict = ("genuine", genuine ? "yes" : "no: none of these keys signed it")
        if let custody {
            return Table(
                .facts([
                    verdict, ("key", keyID), ("packet", custody.id.wireText), ("kiosk", custody.kiosk), ("reference", custody.reference),
                    ("materials", String(custody.materials)), ("contents", custody.digest), ("held", custody.heldAt.formatted(.iso8601)),
                ]))
        }
        if let acceptance {
            return Table(
                .facts([
                    verdict, ("key", keyID), ("packet", acceptance.id.wireText), ("kiosk", acceptance.kiosk), ("reference", acceptance.reference),
                    ("materials", String(acceptance.materials)), ("contents", acceptance.digest), ("application", acceptance.applicationNumber),
                    ("accepted", acceptance.acceptedAt.formatted(.iso8601)),
                ]))
        }
        return Table(.facts([verdict, ("key", keyID)]))
    }
}
