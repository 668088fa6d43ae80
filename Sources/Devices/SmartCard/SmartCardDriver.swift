internal import CPCSC
public import DeviceLink
internal import Glibc
public import KioskModel

/// Social-security cards in a PC/SC reader: the basic fields, which need no security module.
public final class SmartCardDriver: DeviceDriver {
    private let options: SmartCardOptions
    private var context: CardContext?
    /// Since when idle polls have found a card in it.
    private var cardSeen: ContinuousClock.Instant?
    /// A card that is still there this long after its command is forgotten.
    private static let patience: Duration = .seconds(2)
    private static let stepMilliseconds: Int32 = 100
    /// For a card that is there and silent, and the milliseconds between two.
    private static let attempts = 4
    private static let attemptPause: Int32 = 500

    /// SELECT by name: sx1.sh.社会保障 in GB2312, the environment of all applications (SSSE).
    private static let select: [UInt8] = [
        0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF,
    ]
    /// EF05 (the card) and EF06 (its holder), and how many records of each are asked for at most.
    private static let files: [(name: UInt8, records: UInt8)] = [(0x05, 7), (0x06, 8)]

    /// Options: `reader`, a part of the reader's name as pcscd has it, when there are several; `socket`, the socket of a pcscd that isn't the system's.
    /// - Throws: `DeviceFault` `smartCardReader.configuration`.
    public init(options: [String: String]) throws {
        self.options = try SmartCardOptions(options)
        // libpcsclite takes it from nowhere else.
        if let socket = self.options.socket { setenv("PCSCLITE_CSOCK_NAME", socket, 1) }
    }

    public func poll() -> DeviceStatus {
        do {
            let (context, reader) = try connected()
            let isThere = try context.state(of: reader) & UInt32(SCARD_STATE_PRESENT) != 0
            cardSeen = isThere ? cardSeen ?? .now : nil
            let isLeft = cardSeen.map { .now - $0 >= Self.patience } ?? false
            return DeviceStatus(state: .ready, identity: ["reader": reader], conditions: isLeft ? [DeviceCondition(.cardLeft)] : [])
        } catch let failure as CardFailure {
            let failure = confirmed(failure)
            context = nil
            guard case .fault(let fault, let state, _) = failure.meaning else { return DeviceStatus(state: .ready) }
            return DeviceStatus(state: state, fault: fault)
        } catch let fault as DeviceFault {
            context = nil
            return DeviceStatus(state: fault.action == .replug ? .absent : .needsTechnician, fault: fault)
        } catch {
            return DeviceStatus(state: .offline)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        cardSeen = nil
        do {
            switch command {
            case .readSocialSecurityCard: return DeviceReply(.socialSecurityCard(try read(context)))
            case .awaitCardRemoval:
                try awaitRemoval(context)
                return DeviceReply(.done)
            default:
                throw DeviceFault(
                    code: "smartCardReader.unsupported-command", action: .configure, detail: "a smart-card reader was given another device's command")
            }
        } catch let failure as CardFailure {
            switch confirmed(failure).meaning {
            case .noCard: throw CitizenRemedy.insertCard
            case .removed: throw CitizenRemedy.cardRemovedTooEarly
            case .remedy(let remedy): throw remedy
            case .fault(let fault, _, let isLost):
                if isLost { self.context = nil }
                throw fault
            }
        }
    }
}

// MARK: The service

extension SmartCardDriver {
    /// A pcscd that dies in the middle of a call leaves libpcsclite with any code, a card's among them. Asked once more, it fails with what is the
    /// matter.
    private func confirmed(_ failure: CardFailure) -> CardFailure {
        do {
            _ = try (context ?? CardContext()).readers()
            return failure
        } catch {
            return error as? CardFailure ?? failure
        }
    }
}

// MARK: The card

extension SmartCardDriver {
    private func read(_ context: CommandContext) throws -> SocialSecurityCard {
        let (pcsc, reader) = try connected()
        defer { pcsc.disconnect() }
        try connectCard(pcsc, reader, context)
        try context.report(.cardFound)
        do {
            return try readConnected(pcsc, context)
        } catch let failure as CardFailure where failure.isSilence {
            // A worn contact costs an answer: if the card is still there, it is read once more from the beginning.
            guard try pcsc.state(of: reader) & UInt32(SCARD_STATE_PRESENT) != 0 else { throw CitizenRemedy.cardRemovedTooEarly }
        }
        do {
            try pcsc.connect(reader)
            return try readConnected(pcsc, context)
        } catch let failure as CardFailure where failure.isSilence {
            // It had gone, and the reader hadn't noticed yet.
            throw CitizenRemedy.cardRemovedTooEarly
        }
    }

    /// Waits for a card, and gives it power. pcscd looks at a slot every 400 ms: one that was just pulled still seems to be in, and doesn't answer. So a
    /// silent card is tried again before its holder is told to turn it round.
    private func connectCard(_ pcsc: CardContext, _ reader: String, _ context: CommandContext) throws {
        for _ in 0..<Self.attempts {
            try wait(for: true, pcsc, reader, context)
            do {
                return try pcsc.connect(reader)
            } catch {
                guard error.isSilence else { throw error }
            }
            try context.pause(.milliseconds(Self.attemptPause))
        }
        throw CitizenRemedy.insertCard
    }

    private func readConnected(_ pcsc: CardContext, _ context: CommandContext) throws -> SocialSecurityCard {
        try pcsc.transmit(Self.select) { status, _ in
            if case .remedy(let remedy) = status.meaning { throw remedy }
            guard status.meaning == .success else { throw CitizenRemedy.cardNotAccepted }
        }
        var records = CardRecords()
        defer { records.wipe() }
        for file in Self.files {
            for number in 1...file.records {
                try context.checkCancelled()
                // READ RECORD by number, in the file that its short identifier names.
                var isEnd = false
                try pcsc.transmit([0x00, 0xB2, number, file.name << 3 | 0x04, 0x00]) { status, record in
                    switch status.meaning {
                    case .success: try records.add(record)
                    case .end: isEnd = true
                    case .remedy(let remedy): throw remedy
                    }
                }
                if isEnd { break }
            }
        }
        return try records.card()
    }

    private func awaitRemoval(_ context: CommandContext) throws {
        let (pcsc, reader) = try connected()
        try wait(for: false, pcsc, reader, context)
    }

    /// Until a card is there, or isn't. pcscd is asked how it is, and not to tell when that changes: to withdraw such a request takes its consent, for
    /// which a cancelled command had to wait for more than a second at times.
    private func wait(for wanted: Bool, _ pcsc: CardContext, _ reader: String, _ context: CommandContext) throws {
        while true {
            try context.checkCancelled()
            let state = try pcsc.state(of: reader)
            if (state & UInt32(SCARD_STATE_PRESENT) != 0) == wanted { return }
            guard context.remainingMilliseconds > 0 else {
                if wanted { throw CitizenRemedy.insertCard }
                // Nobody's fault and nothing done: the flow asks for the card to be taken and waits again.
                throw CancellationError()
            }
            try context.pause(.milliseconds(Self.stepMilliseconds))
        }
    }

    // MARK: The reader

    /// pcscd, and the reader that is ours.
    private func connected() throws -> (CardContext, String) {
        let pcsc = try context ?? CardContext()
        context = pcsc
        return (pcsc, try options.choose(among: try pcsc.readers()))
    }
}
