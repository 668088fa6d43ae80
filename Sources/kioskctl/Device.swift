import ArgumentParser

struct Device: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The devices.",
        subcommands: [DeviceList.self, DeviceShow.self, DeviceLog.self, DeviceReset.self, DeviceRecord.self])
}
