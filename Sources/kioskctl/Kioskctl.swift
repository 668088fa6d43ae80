import ArgumentParser

/// The technician's window into a running kiosk.
@main
struct Kioskctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kioskctl",
        abstract: "Look into a running kiosk: its devices, its queue, its session.",
        discussion: Outcome.help,
        version: "0.1.0",
        subcommands: [Status.self, Device.self, Queue.self, Session.self, Key.self, Receipt.self])
}
