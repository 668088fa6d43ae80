/// One device of a scenario, made of what the guest's kernel offers: a USB device behind vhci-hcd, a gadget on dummy_hcd, a device-mapper target.
///
/// Methods are called one at a time. What they throw fails the scenario at that line; its description is what the reader sees. `deadline` is the
/// step's: what a method waits for must be there within it, and nothing else bounds the wait, so that `within SECONDS` holds for devices too.
protocol VMDevice: Sendable {
    /// Returns once the kernel has the device. Called for each device before the first step, and by `plug NAME`.
    func plug(within deadline: Duration) async throws

    /// Pulls the plug: returns once the kernel has lost the device.
    func unplug(within deadline: Duration) async throws

    /// Pulls its own plug when the protocol gets to that step. Throws for a step it doesn't know, with those it does.
    func unplug(at step: String) async throws

    var isPlugged: Bool { get async }

    /// Carries out a verb that isn't one of the language's own, and answers in words: `lay reader resident`, `type scanner 123` or `capture camera`.
    /// Throws for a verb it doesn't know, with those it does.
    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String

    /// Verbs that use the device as a driver would, through the kernel: a small probe stands in until the driver is there.
    var probes: Set<String> { get }

    /// Verbs that pull the plug and put it back.
    var pulling: Set<String> { get }

    /// Takes everything away that ``plug(within:)`` made; called at the end of the scenario, plugged in or not.
    func end() async
}

extension VMDevice {
    var probes: Set<String> { [] }
    var pulling: Set<String> { [] }

    func unplug(at step: String) async throws {
        throw DeviceTrouble("it can't pull its plug at a step of a protocol; write `unplug NAME`")
    }
}

/// What went wrong with a device of the scenario, in words for the result line.
struct DeviceTrouble: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
