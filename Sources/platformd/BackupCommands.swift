import ArgumentParser
import Foundation
import Platform

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy everything that was taken to a directory, then tell the kiosks that they needn't keep it.",
        discussion: """
            Works whether the server runs or not. A directory with an earlier backup is added to. The copy is complete, compared with what was acknowledged, and on the disk, before any kiosk is \
            told. The private keys aren't in it. `platformd restore` brings it back. Interrupted, it leaves nothing that counts, and goes on where it was when it is run again.
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

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring a backup back, for a server that is then started.",
        discussion: """
            The data directory must hold the keys (`keys/`) and nothing else: move away what is left of the platform before. Once the server is started, kiosks send again what came after the \
            backup. A kiosk that was enrolled since has to be enrolled again, with the same key. Numbers of applications of the same day may be given a second time.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(help: ArgumentHelp("What `platformd backup` made.", valueName: "dir"))
    var from: String

    func run() throws {
        try PlatformBackup.restore(from: URL(fileURLWithPath: from), to: URL(fileURLWithPath: dataPath))
    }
}

struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Print where the ledger stands, as TERM:NUMBER: ask before a backup by other means begins.",
        discussion: "Works whether the server runs or not. Prints `none` before the first packet.")

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    func run() throws {
        try printLine(try PlatformBackup(data: URL(fileURLWithPath: dataPath)).lastMark()?.description ?? "none")
    }
}

struct BackedUpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backed-up",
        abstract: "Tell the kiosks that everything up to a mark of the ledger is in a backup made by other means.",
        discussion: """
            They then erase it. Take the mark that `platformd ledger` printed before that backup began, and say so only once it was restored somewhere and worked. It can't be taken back.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("The platform's data directory.", valueName: "dir"))
    var dataPath: String

    @Option(help: ArgumentHelp("What `platformd ledger` printed.", valueName: "term:number"))
    var through: String

    func run() throws {
        guard let mark = PlatformBackup.Mark(through) else { throw ValidationError("--through is TERM:NUMBER, as `platformd ledger` prints it.") }
        try PlatformBackup(data: URL(fileURLWithPath: dataPath)).record(through: mark)
    }
}
