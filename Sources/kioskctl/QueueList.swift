import ArgumentParser

struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The items in order of their commit.")

    @OptionGroup var only: QueueStateOption
    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.items(only.state, after: nil) }
    }
}
