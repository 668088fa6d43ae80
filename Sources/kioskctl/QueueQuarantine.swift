import ArgumentParser
import LocalAPI

struct QueueQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Set an item aside that mustn't be delivered.",
        discussion: """
            It is shown as something that somebody must look at, until `queue retry`. What depends on the item waits with it.
            """)

    @OptionGroup var item: QueueItemArgument
    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.quarantine(item.id) }
    }
}
