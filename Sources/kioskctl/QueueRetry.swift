import ArgumentParser
import LocalAPI

struct QueueRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Have an item delivered, as soon as what it depends on is.",
        discussion: """
            For one that waits for its next attempt, was held, was refused by the platform, or lies in quarantine.
            """)

    @OptionGroup var item: QueueItemArgument
    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.retry(item.id) }
    }
}
