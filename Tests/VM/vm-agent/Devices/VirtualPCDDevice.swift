import Bench

/// `vpcd`: a card in the reader of vsmartcard, behind a pcscd of its own. Plugging in starts pcscd, unplugging kills it.
actor VirtualPCDDevice: VMDevice {
    private let reader: VirtualSmartCardReader

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a virtual smart-card reader has no options") }
        reader = try VirtualSmartCardReader()
    }

    var isPlugged: Bool { get async { await reader.isRunning } }

    func plug(within deadline: Duration) async throws { try await reader.start() }

    func unplug(within deadline: Duration) async throws { await reader.kill() }

    func unplug(at step: String) async throws { try await reader.inject(.readerGone, at: try Self.step(step)) }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch (verb, arguments.count) {
        case ("socket", 0): return reader.socketPath
        case ("name", 0): return VirtualSmartCardReader.name
        case ("insert", 1): try await reader.insert(try Self.card(arguments[0]))
        case ("pull", 0): await reader.pull()
        case ("inject", 3) where arguments[1] == "at": try await reader.inject(try Self.fault(arguments[0]), at: try Self.step(arguments[2]))
        case ("detach", 0): try await reader.setReader(false)
        case ("attach", 0): try await reader.setReader(true)
        default:
            throw DeviceTrouble(
                "a smart-card reader knows `insert READER CITIZEN|other`, `pull READER`, `inject READER SW|garbage|pull at STEP`, `detach` and `attach`"
            )
        }
        return "done"
    }

    func end() async {
        await reader.stop()
    }

    private static func card(_ name: String) throws -> VirtualSocialSecurityCard {
        if name == "other" { return VirtualSocialSecurityCard() }
        guard let card = SyntheticCitizen.named(name).flatMap({ VirtualSocialSecurityCard($0) }) else {
            throw DeviceTrouble("`\(name)` has no social-security card; write `resident`, or `other` for a card of another kind")
        }
        return card
    }

    private static func fault(_ name: String) throws -> VirtualSocialSecurityCard.Fault {
        switch name {
        case "garbage": return .garbage
        case "pull": return .pull
        default:
            guard name.utf8.count == 4, let status = UInt16(name, radix: 16) else {
                throw DeviceTrouble("`\(name)` is no fault; write 6A82, garbage or pull")
            }
            return .status(status)
        }
    }

    private static func step(_ name: String) throws -> VirtualSocialSecurityCard.Step {
        guard let step = VirtualSocialSecurityCard.Step(rawValue: name) else {
            let known = VirtualSocialSecurityCard.Step.allCases.map(\.rawValue)
            throw DeviceTrouble("the card's protocol has no step `\(name)`; steps are \(known.joined(separator: ", "))")
        }
        return step
    }
}
