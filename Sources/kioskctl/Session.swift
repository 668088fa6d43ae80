import ArgumentParser

struct Session: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The session at the screen.", subcommands: [SessionShow.self])
}
