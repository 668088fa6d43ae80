import ArgumentParser
import Foundation
import Logging
import Platform
import PlatformAPI

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take sealed packets from a stick, or from the disk of a kiosk that is dead.",
        discussion: """
            Works whether the server runs or not. Takes what `kioskctl queue export` wrote, and the outbox of a kiosk as it lies on its disk; the kiosk must have been enrolled here once. \
            Nothing is changed there. What came before by another way is taken once. Packets that can't be taken are named, with the reason, and nothing of them is kept. \
            Interrupted, it goes on where it was when it is run again.

            Prints a line for each packet that wasn't taken, and a summary. Exit code 1 when there was such a one.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(name: .customLong("catalogue"), help: ArgumentHelp("Directory with the service items.", valueName: "dir"))
    var cataloguePath: String

    @Option(help: "How to print the answer: text or json.")
    var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: ArgumentHelp("Files; directories with .sealed files; a kiosk's outbox.", valueName: "path"), completion: .file())
    var paths: [String]

    func run() async throws {
        var logger = Logger(label: "platformd") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let packets = try PlatformImport.packets(in: paths.map { URL(fileURLWithPath: $0) })
        guard !packets.isEmpty else { throw ValidationError("There is no sealed packet in \(paths.joined(separator: ", ")).") }
        let isTerminal = isatty(2) == 1
        let items = try await PlatformImport(data: URL(fileURLWithPath: dataPath), catalogue: URL(fileURLWithPath: cataloguePath), logger: logger)
            .run(packets) { done, count in
                if isTerminal { FileHandle.standardError.write(Data("\r\(done) of \(count) packets\(done == count ? "\r\u{1B}[K" : "")".utf8)) }
            }
        try printLine(try format == .json ? json(items) : text(items))
        if !items.allSatisfy(\.outcome.isThere) { throw ExitCode.failure }
    }

    private func json(_ items: [PlatformImport.Item]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(items), as: UTF8.self)
    }

    private func text(_ items: [PlatformImport.Item]) -> String {
        let left = items.filter { !$0.outcome.isThere }.map { item in
            "\(item.file): \(item.outcome.rawValue)\(item.reason.map { " (\($0))" } ?? "")\(item.kiosk.map { ", of kiosk \($0)" } ?? "")"
        }
        func count(_ outcome: PlatformImport.Item.Outcome) -> Int { items.count { $0.outcome == outcome } }
        return (left + ["platformd: accepted=\(count(.accepted)) already=\(count(.already)) not-taken=\(left.count)"]).joined(separator: "\n")
    }
}
