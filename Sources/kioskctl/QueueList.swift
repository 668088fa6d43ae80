import ArgumentParser
import LocalAPI

struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The items in order of their commit.")

    @Option(help: "Only items in this state: waiting, delivered or rejected.", transform: parse)
    var state: QueueItemReport.State?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.queue(state: state) }
    }

    private static func parse(_ text: String) throws -> QueueItemReport.State {
        guard let state = QueueItemReport.State(rawValue: text) else { throw ValidationError("'\(text)' isn't waiting, delivered or rejected") }
        return state
    }
}
