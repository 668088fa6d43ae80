internal import DeviceLink
internal import KioskModel

extension IDCardReaderDriver {
    /// The longest opening, milliseconds.
    private static let longestOpening: Int32 = 1000

    /// The reader, open: at the speed at which it answers where that isn't given.
    func connected(_ context: CommandContext) throws -> ReaderConnection {
        if let connection { return connection }
        let opened = speeds.isEmpty ? try opened(at: nil, context) : try search(context)
        connection = opened
        return opened
    }

    private func opened(at speed: Int32?, _ context: CommandContext) throws -> ReaderConnection {
        try context.checkCancelled()
        return try open(speed, max(1, min(Self.longestOpening, context.remainingMilliseconds)))
    }

    /// Asks for the SAM id at one speed after the other, at the likeliest twice, since one answer may be disturbed. Nothing that changes the
    /// reader's own speed is ever sent.
    private func search(_ context: CommandContext) throws -> ReaderConnection {
        let attempts = speeds.prefix(1) + speeds
        var first: ReaderFailure?
        for (index, speed) in attempts.enumerated() {
            let reader = try opened(at: speed, context)
            let share = context.remainingMilliseconds / Int32(attempts.count - index)
            do {
                // An intact answer is enough, whatever it says: noise has no checksum.
                _ = try reader.run(.samID, limit: min(timing.control, share), context: context)
                speeds = [speed] + speeds.filter { $0 != speed }
                return reader
            } catch let failure as ReaderFailure {
                guard failure.mayBeSpeed else { throw failure }
                first = first ?? failure
            }
        }
        throw first ?? ReaderFailure.timeout
    }

    /// The reader, open, with no earlier answer still to come.
    func inStep(_ context: CommandContext) throws -> ReaderConnection {
        let reader = try connected(context)
        if !reader.isInStep { _ = try readSAMID(reader, context) }
        return reader
    }

    /// The reader in step, and reset if the last read failed.
    func ready(_ context: CommandContext) throws -> ReaderConnection {
        let reader = try inStep(context)
        if needsReset {
            let status = try reader.run(.reset, limit: timing.control, context: context).status
            if case .fault(let fault) = status.meaning { throw fault }
            guard status.meaning == .success else { throw ReaderFailure.unexpected }
            needsReset = false
        }
        return reader
    }

    func readSAMID(_ reader: ReaderConnection, _ context: CommandContext) throws -> SAMIdentifier {
        let reply = try reader.run(.samID, limit: timing.control, context: context)
        if let sam = SAMIdentifier(reply.data), reply.status.meaning == .success { return sam }
        // A card's status is no answer to this question: a late one to an earlier request. A second question settles it.
        let second = try reader.run(.samID, limit: timing.control, context: context)
        if let sam = SAMIdentifier(second.data), second.status.meaning == .success { return sam }
        if case .fault(let fault) = second.status.meaning { throw fault }
        throw ReaderFailure.unexpected
    }

    /// What the security module says of itself: one that isn't authorised, or fails its self-test, still tells its id.
    func checkModule(_ reader: ReaderConnection, _ context: CommandContext) throws {
        let status = try reader.run(.status, limit: timing.control, context: context).status
        if case .fault(let fault) = status.meaning { throw fault }
        guard status.meaning == .success else { throw ReaderFailure.unexpected }
    }

    /// Opens the port anew after a failure of the line and tries once more.
    func retryingOnce<Result>(_ body: () throws -> Result) throws -> Result {
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
