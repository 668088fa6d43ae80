import ArgumentParser
import LocalAPI

struct QueueHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep an item that waits from being delivered.",
        discussion: """
            It stays in the queue until `queue retry`. A delivery under way isn't cut short. What depends on the item waits with it.
            """)

    @OptionGroup var item: QueueItemArgument
    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.hold(item.id) }
    }
}
