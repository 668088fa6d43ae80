import ArgumentParser
import LocalAPI

struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The items in order of their commit.")

    @Option(help: "Only items in this state: \(QueueItemReport.State.inWords).", transform: parse)
    var state: QueueItemReport.State?

    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { try await $0.items(state) }
    }

    private static func parse(_ text: String) throws -> QueueItemReport.State {
        guard let state = QueueItemReport.State(rawValue: text) else { throw ValidationError("'\(text)' isn't \(QueueItemReport.State.inWords)") }
        return state
    }
}
