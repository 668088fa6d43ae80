import ArgumentParser
import LocalAPI

struct QueueStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "How much waits, for how long, and what was delivered.")

    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.statistics() }
    }
}
