import ArgumentParser
import LocalAPI

struct DeviceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All devices, their state, and what mends a fault.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.devices() }
    }
}
