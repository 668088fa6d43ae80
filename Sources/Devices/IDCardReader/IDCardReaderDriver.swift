public import DeviceLink
internal import Glibc
public import KioskModel

/// Second-generation ID-card readers on a serial port or on USB (GA/T 467).
///
/// Three rules of the field shape it: a reader is well when its SAM id can be read; after any read that failed the SAM is reset before the next;
/// after anything wrong on the line the port is opened anew and the SAM id read, whose answer looks like no other, so that a late answer to an
/// earlier question can never pass for the record of the next citizen.
public final class IDCardReaderDriver: DeviceDriver {
    /// How long answers may take and how often is asked, in milliseconds.
    struct Timing {
        var control: Int32 = 300
        var find: Int32 = 500
        var select: Int32 = 500
        var read: Int32 = 3500
        var append: Int32 = 1000
        var findPause: Int32 = 250
        var removalPause: Int32 = 200

        /// Every answer may take `factor` times as long as in the field; the pauses stay as they are.
        func patient(_ factor: Int32) -> Timing {
            var timing = self
            for limit in [\Timing.control, \.find, \.select, \.read, \.append] { timing[keyPath: limit] *= factor }
            return timing
        }
    }

    /// Opens the port within so many milliseconds. On USB that looks over the bus each time, so that a reader is found whenever and wherever it was
    /// plugged in.
    private let open: (Int32) throws(ReaderFailure) -> ReaderConnection
    /// The longest opening, milliseconds.
    private static let longestOpening: Int32 = 1000
    private let timing: Timing
    private var connection: ReaderConnection?
    /// A read began and did not end well; or this process is new, and the one before it may have died in the middle of one.
    private var needsReset = true

    /// Options: `port`, the tty's path, and `baud` (9600, 19200, 38400, 57600 or 115200, which is the default); or `usb`, vendor and product as
    /// `0400:c35a`, and `serial` or `path` (bus and ports, `1-2`) when there are several. `patience`, 1 to 100, multiplies the times of the field
    /// for a machine that is emulated.
    /// - Throws: `DeviceFault` `reader.configuration`.
    public convenience init(options: [String: String]) throws {
        guard let patience = Int32(options["patience"] ?? "1"), (1...100).contains(patience) else {
            throw DeviceFault(code: "reader.configuration", action: .configure, detail: "patience= needs a number from 1 to 100")
        }
        self.init(port: try ReaderPort(options: options), timing: Timing().patient(patience))
    }

    convenience init(port: ReaderPort, timing: Timing) {
        self.init(timing: timing) { (limit) throws(ReaderFailure) in try ReaderConnection(port: port, limit: limit) }
    }

    init(timing: Timing, open: @escaping (Int32) throws(ReaderFailure) -> ReaderConnection) {
        self.timing = timing
        self.open = open
    }

    public func poll() -> DeviceStatus {
        // Both attempts share it, so that they stay below the ten seconds of a poll.
        let context = CommandContext(deadline: .now + .milliseconds(min(4 * timing.control, 6000))) { _, _ in }
        do {
            // A single disturbed answer is not worth a change of status.
            return try retryingOnce {
                let reader = try connected(context)
                let sam = try readSAMID(reader, context)
                return DeviceStatus(state: .ready, identity: reader.identity.merging(["sam": sam.text]) { $1 })
            }
        } catch let failure as ReaderFailure {
            return DeviceStatus(state: failure.state, fault: failure.fault)
        } catch let fault as DeviceFault {
            return DeviceStatus(state: .needsTechnician, fault: fault)
        } catch {
            return DeviceStatus(state: .offline, fault: ReaderFailure.timeout.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        switch command {
        case .readCard(let fingerprints):
            return DeviceReply(.card(try readCard(fingerprints: fingerprints, context)))
        case .awaitCardRemoval:
            try awaitRemoval(context)
            return DeviceReply(.done)
        default:
            throw DeviceFault(code: "reader.unsupported-command", action: .configure, detail: "an ID-card reader was given another device's command")
        }
    }
}

// MARK: - The card

extension IDCardReaderDriver {
    private func readCard(fingerprints: Bool, _ context: CommandContext) throws -> IdentityCard {
        var failures = 0
        var reported = false
        while true {
            do {
                let reader = try ready(context)
                try waitForCard(reader, context) { failures = 0 }
                if !reported { try context.report(.cardFound) }
                reported = true
                return try readFoundCard(reader, fingerprints: fingerprints, context)
            } catch let failure as ReaderFailure {
                connection = nil
                failures += 1
                if failures > 1 { throw failure.fault }
                if context.remainingMilliseconds == 0 { throw CitizenRemedy.layCardFlat }
            }
        }
    }

    /// Asks for a card until there is one. `nobody` is called each time the reader answers well that there is none.
    private func waitForCard(_ reader: ReaderConnection, _ context: CommandContext, nobody: () -> Void) throws {
        while true {
            let status = try reader.run(.find, limit: timing.find, context: context).status
            switch status.meaning {
            case .success: return
            case .noAnswer, .empty: nobody()
            case .remedy(let remedy): throw remedy
            case .fault(let fault): throw fault
            }
            try pause(timing.findPause, context)
            if context.remainingMilliseconds == 0 { throw CitizenRemedy.layCardFlat }
        }
    }

    private func readFoundCard(_ reader: ReaderConnection, fingerprints: Bool, _ context: CommandContext) throws -> IdentityCard {
        needsReset = true
        var selected = try reader.run(.select, limit: timing.select, context: context).status
        if selected.meaning == .noAnswer {
            _ = try reader.run(.find, limit: timing.find, context: context)
            selected = try reader.run(.select, limit: timing.select, context: context).status
        }
        guard selected.meaning == .success else { throw try verdict(selected, context) }

        let record = try reader.run(fingerprints ? .readFingerprints : .read, limit: timing.read, context: context)
        guard record.status.meaning == .success else { throw try verdict(record.status, context) }
        var card = try CardRecord.identityCard(record.data)

        // Someone who moved carries the new address behind the record, not in it.
        if card.kind == .resident || card.kind == .hongKongMacaoTaiwan {
            let newest = try reader.run(.newestAddress, limit: timing.append, context: context)
            switch newest.status.meaning {
            case .success: card.address = TextRecord.appendedAddress(newest.data).map(Redacted.init) ?? card.address
            case .empty: break
            default: throw try verdict(newest.status, context)
            }
        }
        needsReset = false
        return card
    }

    /// What to throw for a status that ended a read. A card that fell silent is looked for once more: is it badly laid, or gone?
    private func verdict(_ status: StatusWord, _ context: CommandContext) throws -> any Error {
        switch status.meaning {
        case .remedy(let remedy): return remedy
        case .fault(let fault): return fault
        case .success, .empty: return CitizenRemedy.cardNotAccepted
        case .noAnswer:
            let again = try ready(context).run(.find, limit: timing.find, context: context).status
            return again.meaning == .success ? CitizenRemedy.layCardFlat : CitizenRemedy.cardRemovedTooEarly
        }
    }

    /// After a successful read *find* fails while the card lies there: a cheap read tells when it has gone. Its failure is confirmed by looking
    /// for the card after a reset, because a card that could not be read, and lies there forgotten, fails the cheap read too.
    private func awaitRemoval(_ context: CommandContext) throws {
        var failures = 0
        while true {
            do {
                let status = try inStep(context).run(.newestAddress, limit: timing.append, context: context).status
                switch status.meaning {
                case .success, .empty: break
                case .fault(let fault): throw fault
                case .noAnswer, .remedy:
                    needsReset = true
                    let again = try ready(context).run(.find, limit: timing.find, context: context).status
                    if again.meaning != .success { return }
                }
                failures = 0
                try pause(timing.removalPause, context)
            } catch let failure as ReaderFailure {
                connection = nil
                failures += 1
                if failures > 1 { throw failure.fault }
            }
            // Nobody's fault and nothing done: the flow asks for the card to be taken and waits again.
            if context.remainingMilliseconds == 0 { throw CancellationError() }
        }
    }

    /// Waits in steps that notice a cancelled command, and not beyond the deadline.
    private func pause(_ milliseconds: Int32, _ context: CommandContext) throws {
        let end = ContinuousClock.now + .milliseconds(min(milliseconds, context.remainingMilliseconds))
        while ContinuousClock.now < end {
            try context.checkCancelled()
            usleep(10_000)
        }
    }
}

// MARK: - The reader

extension IDCardReaderDriver {
    private func connected(_ context: CommandContext) throws -> ReaderConnection {
        if let connection { return connection }
        try context.checkCancelled()
        let opened = try open(max(1, min(Self.longestOpening, context.remainingMilliseconds)))
        connection = opened
        return opened
    }

    /// The reader, open, with no earlier answer still to come.
    private func inStep(_ context: CommandContext) throws -> ReaderConnection {
        let reader = try connected(context)
        if !reader.isInStep { _ = try readSAMID(reader, context) }
        return reader
    }

    /// The reader in step, and reset if the last read failed.
    private func ready(_ context: CommandContext) throws -> ReaderConnection {
        let reader = try inStep(context)
        if needsReset {
            let status = try reader.run(.reset, limit: timing.control, context: context).status
            if case .fault(let fault) = status.meaning { throw fault }
            guard status.meaning == .success else { throw ReaderFailure.unexpected }
            needsReset = false
        }
        return reader
    }

    private func readSAMID(_ reader: ReaderConnection, _ context: CommandContext) throws -> SAMIdentifier {
        let reply = try reader.run(.samID, limit: timing.control, context: context)
        if let sam = SAMIdentifier(reply.data), reply.status.meaning == .success { return sam }
        // A card's status is no answer to this question: a late one to an earlier request. A second question settles it.
        let second = try reader.run(.samID, limit: timing.control, context: context)
        if let sam = SAMIdentifier(second.data), second.status.meaning == .success { return sam }
        if case .fault(let fault) = second.status.meaning { throw fault }
        throw ReaderFailure.unexpected
    }

    /// Opens the port anew after a failure of the line and tries once more.
    private func retryingOnce<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as ReaderFailure {
            // What could not even be opened is no better a moment later.
            guard connection != nil else { throw failure }
            connection = nil
        }
        do {
            return try body()
        } catch let failure as ReaderFailure {
            connection = nil
            throw failure
        }
    }
}
