import ArgumentParser
import Foundation

/// The reference central platform.
@main
struct PlatformdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "platformd",
        abstract: "The reference central platform: takes applications and materials from kiosks.",
        discussion: """
            Exit codes: 0 done or stopped by a signal, 1 failed (the reason is on standard error), 64 wrong usage. `receipt check` has more.
            """,
        subcommands: [
            ServeCommand.self, EnrolCommand.self, OperatorTokenCommand.self, RotateKeyCommand.self, BackupCommand.self, RestoreCommand.self,
            LedgerCommand.self, BackedUpCommand.self, ImportCommand.self, ReceiptCommand.self, OpenAPICommand.self,
        ])
}

/// Writes a line to standard output at once, even when that is a pipe.
func printLine(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}
