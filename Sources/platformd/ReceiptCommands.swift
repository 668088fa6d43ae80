import ArgumentParser
import Foundation
import Platform
import PlatformAPI

struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "What citizens bring: the codes on their receipts.",
        subcommands: [ReceiptCheckCommand.self, ReceiptKeyCommand.self])
}

struct ReceiptCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether a receipt's code is genuine, and what has come of it.",
        discussion: """
            Works whether the server runs or not. A code is a kiosk's receipt (CKR1:), or an acceptance of this platform's (CKA1:). It names nobody and opens nothing; but whoever has it can ask \
            what has become of an application, and an argument can be seen by other users of this machine: `-` takes it from standard input. As an argument it needs quotes (').

            EXIT CODES:
               0  genuine: held, or accepted
               1  failed
               3  not genuine: no key of that kiosk, or of this platform, signed it
               4  genuine, but the platform rejected it, or has something else under its id
              64  wrong usage
              65  not a receipt's code
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(help: "How to print the answer.")
    var format = Format.table

    @Argument(help: "The code's text; - reads it from standard input.")
    var token: String

    func run() async throws {
        let token: ReceiptToken
        do {
            token = try ReceiptToken(argument: self.token)
        } catch let error as ReceiptTokenError {
            try FileHandle.standardError.write(contentsOf: Data("platformd: \(error)\n".utf8))
            throw ExitCode(65)
        }
        let desk = try ReceiptDesk(data: URL(fileURLWithPath: dataPath))
        let verdict = try await ReceiptVerdict(on: token, desk)
        switch format {
        case .table: try printLine(verdict.lines.joined(separator: "\n"))
        case .json: try printLine(String(decoding: try PlatformJSON.encode(verdict), as: UTF8.self))
        }
        guard verdict.genuine else { throw ExitCode(3) }
        switch verdict.custody?.state {
        case .rejected, .differs: throw ExitCode(4)
        case .held, .accepted, nil: break
        }
    }
}

struct ReceiptKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Print the public key of this platform's acknowledgements and acceptances, as PEM.",
        discussion:
            "With it `kioskctl receipt check --key`, or openssl, checks an acceptance without the platform. Works whether the server runs or not.")

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    func run() throws {
        try printLine(try ReceiptDesk(data: URL(fileURLWithPath: dataPath)).acceptanceKey.pem)
    }
}

/// What `receipt check` prints. Of what isn't genuine it repeats no claim.
private struct ReceiptVerdict: Encodable {
    var genuine: Bool
    /// Why it isn't genuine: a `ReceiptRefusal`.
    var problem: ReceiptRefusal?
    var custody: CustodyReport?
    var acceptance: Acceptance?

    init(on token: ReceiptToken, _ desk: ReceiptDesk) async throws {
        genuine = true
        do {
            switch token {
            case .custody(let signed): custody = try await desk.check(signed)
            case .acceptance(let signed):
                try desk.check(signed)
                acceptance = signed.acceptance
            }
        } catch let refusal as ReceiptRefusal {
            genuine = false
            problem = refusal
        }
    }

    var lines: [String] {
        var facts: [(String, String?)] = [("genuine", genuine ? "yes" : "no")]
        switch problem {
        case .unknownKiosk: facts.append(("because", "no kiosk of its name was ever enrolled with its key"))
        case .badSignature: facts.append(("because", "the key that it names didn't sign it"))
        case nil: break
        }
        if let custody {
            let receipt = custody.receipt
            facts += [
                ("state", custody.state.rawValue), ("reason", custody.reason), ("packet", receipt.id.wireText), ("kiosk", receipt.kiosk),
                ("reference", receipt.reference), ("held", Self.text(receipt.heldAt)),
                ("arrived", "\(custody.arrived) of \(receipt.materials + 1) packets"),
                ("application", custody.applicationNumber), ("accepted", custody.acceptedAt.map(Self.text)), ("acceptance", custody.acceptance),
            ]
        }
        if let acceptance {
            facts += [
                ("packet", acceptance.id.wireText), ("kiosk", acceptance.kiosk), ("reference", acceptance.reference),
                ("application", acceptance.applicationNumber), ("accepted", Self.text(acceptance.acceptedAt)),
            ]
        }
        return facts.compactMap { label, value in value.map { label + String(repeating: " ", count: 13 - label.count) + $0 } }
    }

    private static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}
