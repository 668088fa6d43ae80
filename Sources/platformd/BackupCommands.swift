import ArgumentParser
import Foundation
import Platform

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy everything that was taken to a directory, then tell the kiosks that they needn't keep it.",
        discussion: """
            Works whether the server runs or not. A directory with an earlier backup is added to. The copy is complete, compared with what was acknowledged, and on the disk, before any kiosk is \
            told. The private keys aren't in it. To restore, stop the server, put the content of the directory in the place of its data (the keys stay), and start it: kiosks send again what \
            came after the backup. Interrupted, it leaves nothing that counts, and goes on where it was when it is run again.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(help: ArgumentHelp("Where to; made when missing. Another disk, or it is no backup.", valueName: "dir"))
    var to: String

    func run() throws {
        var shown = ContinuousClock.now
        let result = try PlatformBackup(data: URL(fileURLWithPath: dataPath)).run(to: URL(fileURLWithPath: to)) { index, count in
            guard isatty(2) == 1, shown.duration(to: .now) > .milliseconds(200) else { return }
            shown = .now
            try FileHandle.standardError.write(contentsOf: Data("\r\(index) of \(count) packets".utf8))
        }
        if isatty(2) == 1 { try FileHandle.standardError.write(contentsOf: Data("\r".utf8)) }
        try printLine("platformd: backed up through \(result.through), packets \(result.packets), of which \(result.copied) new")
    }
}

struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Print the last number of the ledger: ask before a backup by other means begins.",
        discussion: "Works whether the server runs or not.")

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    func run() throws {
        try printLine("\(try PlatformBackup(data: URL(fileURLWithPath: dataPath)).lastNumber())")
    }
}

struct BackedUpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backed-up",
        abstract: "Tell the kiosks that everything up to a number of the ledger is in a backup made by other means.",
        discussion: """
            They then erase it. Take the number that `platformd ledger` printed before that backup began, and say so only once it was restored somewhere and worked. It can't be taken back.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(help: "The number.")
    var through: UInt64

    func run() throws {
        try PlatformBackup(data: URL(fileURLWithPath: dataPath)).record(through: through)
    }
}
