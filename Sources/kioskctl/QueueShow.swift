import ArgumentParser
import LocalAPI

struct QueueShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One item. Its content can't be shown: it is sealed to the platform.")

    @OptionGroup var item: QueueItemArgument
    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.item(item.id) }
    }
}
