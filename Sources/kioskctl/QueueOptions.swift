import ArgumentParser
import Foundation
import LocalAPI

/// What every verb about the queue takes.
struct QueueOptions: ParsableArguments {
    @Option(help: "Work on the outbox of a stopped kiosk in this directory, without kioskd.", completion: .directory)
    var data: String?

    @OptionGroup var global: GlobalOptions

    /// Asks the queue, prints the answer, and exits with the code that it deserves.
    func answer<Answer: Report>(_ question: (any QueueSource) async throws -> Answer) async throws {
        try global.print(
            try await global.exiting {
                let queue: any QueueSource =
                    if let data { try StoppedQueue(directory: data) } else { RunningQueue(client: global.client(within: .seconds(10))) }
                return try await question(queue)
            })
    }
}

/// Which item.
struct QueueItemArgument: ParsableArguments {
    @Argument(help: "The item's id, as `queue list` shows it.", transform: parse)
    var id: UUID

    private static func parse(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else {
            throw ValidationError("'\(text)' isn't an id, which looks like 0197a3c0-0000-7000-8000-000000000001")
        }
        return id
    }
}

/// Which items.
struct QueueStateOption: ParsableArguments {
    @Option(help: "Only items in this state: \(QueueItemReport.State.inWords).", transform: parse)
    var state: QueueItemReport.State?

    private static func parse(_ text: String) throws -> QueueItemReport.State {
        guard let state = QueueItemReport.State(rawValue: text) else { throw ValidationError("'\(text)' isn't \(QueueItemReport.State.inWords)") }
        return state
    }
}
