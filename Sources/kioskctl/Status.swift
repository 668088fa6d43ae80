import ArgumentParser
import LocalAPI

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The kiosk at a glance: platform, queue and devices.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.status() }
    }
}
