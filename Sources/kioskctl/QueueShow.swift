import ArgumentParser
import Foundation
import LocalAPI

struct QueueShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One item. Its content can't be shown: it is sealed to the platform.")

    @Argument(help: "The item's id, as `queue list` shows it.", transform: parse)
    var id: UUID

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.queueItem(id) }
    }

    private static func parse(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else {
            throw ValidationError("'\(text)' isn't an id, which looks like 0197a3c0-0000-7000-8000-000000000001")
        }
        return id
    }
}
