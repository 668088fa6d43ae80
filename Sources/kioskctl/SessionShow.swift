import ArgumentParser
import LocalAPI

struct SessionShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Which screen stands, and since when. Never what the citizen entered or showed.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.session() }
    }
}
