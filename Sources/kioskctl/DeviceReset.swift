import ArgumentParser
import LocalAPI

struct DeviceReset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Have kioskd let go of a device and open it anew.",
        discussion: "A command under way is waited for. A device whose host is out of service gets a new one at once.")

    @Argument(help: "The device's name, as `device list` shows it.")
    var name: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await options.answer(within: .seconds(30)) { try await $0.resetDevice(name) }
    }
}
