import ArgumentParser
import LocalAPI

struct DeviceLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Doors that a locker opened, jobs that a printer was sent, and what became of them; the newest first.")

    @Argument(help: "The device's name, as `device list` shows it.")
    var name: String

    @Option(help: "How many at most, 1 to 1000.", transform: parse)
    var limit = 50

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.deviceLog(name, limit: limit) }
    }

    private static func parse(_ text: String) throws -> Int {
        guard let limit = Int(text), (1...1000).contains(limit) else { throw ValidationError("'\(text)' isn't a number from 1 to 1000") }
        return limit
    }
}
