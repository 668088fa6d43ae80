import ArgumentParser

/// The virtual hardware: a whole kiosk with its city on one machine.
@main
struct KioskBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kiosk-bench",
        abstract: "A whole kiosk with virtual hardware and a platform, on the loopback interface.",
        discussion: "Exit codes: 0 done or stopped by a signal, 1 failed (the reason is on standard error), 64 wrong usage.",
        subcommands: [RunCommand.self, DemoCommand.self, DeviceKillsCommand.self])
}
