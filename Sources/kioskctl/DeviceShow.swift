import ArgumentParser
import LocalAPI

struct DeviceShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One device with its identity and its fault.")

    @Argument(help: "The device's name, as `device list` shows it.")
    var name: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer { try await $0.device(name) }
    }
}
