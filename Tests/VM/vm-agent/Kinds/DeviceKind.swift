import Foundation

/// A kind of device that a scenario can declare.
struct DeviceKind: Sendable {
    /// As the scenario names it, and as the last line of `make vm-test` does: `usb-sdt-a`.
    var name: String
    /// Whether it is a device of a kiosk, which the rig counts, or a part of the rig such as a disk.
    var isDevice = true
    /// Makes one, not plugged in yet. Throws ``DeviceTrouble`` for options it doesn't know.
    var make: @Sendable (_ options: [String: String], _ place: VMPlace) throws -> any VMDevice

    /// Each family has a file of its own.
    static let all: [DeviceKind] =
        simulators + pages + lines + cameras + keypads + auxiliaries + powerSupplies + printers + receiptPrinters + smartCardReaders + usb + gadgets
        + storage
}

/// Where a scenario runs.
struct VMPlace: Sendable {
    /// The read-only disk with `bin`, `lib`, `Kiosk` and the scenarios.
    var payload: URL
    /// Where our programs lie, when it isn't the payload's `bin`.
    var programs: URL?
    /// The program of the device hosts, when it isn't the one among them.
    var host: String?
    /// A folder of the scenario's own, on a file system in memory.
    var scratch: URL
    /// What the host handed over: `platform-port`, `seed`.
    var values: [String: String] = [:]
    /// Of the device hosts, instead of the kiosk's: what a scenario waits for is mostly the next poll.
    var pollInterval: Duration?
    /// How much longer than on a kiosk something may take: an emulated processor is many times slower, and has no real time.
    var slowness = 1
    /// A line for the journal, which the host shows when something fails.
    var log: @Sendable (String) -> Void
    /// A line for the host itself: `acknowledged REFERENCE`.
    var send: @Sendable (String) -> Void

    /// What a wait for a kiosk's `deadline` may last here: no longer than one that names none, unless that is what was asked for.
    func stretched(_ deadline: Duration) -> Duration { max(deadline, min(deadline * slowness, ScenarioParser.deadline)) }

    /// The path of one of our programs.
    func program(_ name: String) -> String { name == "kiosk-device" ? host ?? path(name) : path(name) }

    private func path(_ name: String) -> String { (programs ?? payload.appending(path: "bin")).appending(path: name).path }
}
