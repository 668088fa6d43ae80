internal import DeviceLink
internal import KioskModel

extension IDCardReaderDriver {
    func readCard(fingerprints: Bool, _ context: CommandContext) throws -> IdentityCard {
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
            case .success:
                // What was read before has left: a card that was read isn't found again.
                hasReadCard = false
                return
            case .noAnswer, .empty: nobody()
            case .remedy(let remedy): throw remedy
            case .fault(let fault): throw fault
            }
            try context.pause(.milliseconds(timing.findPause))
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
        hasReadCard = true
        return card
    }

    /// Whether the card that was read still lies there. The same cheap read that tells its removal: it neither selects nor resets anything. A card
    /// that wasn't read is nobody's yet, and isn't looked for.
    func isCardLeft(_ reader: ReaderConnection, _ context: CommandContext) throws -> Bool {
        // A card at the edge of the field may miss one question.
        for _ in 0..<2 where hasReadCard {
            let status = try reader.run(.newestAddress, limit: timing.append, context: context).status
            switch status.meaning {
            case .success, .empty: return true
            case .fault(let fault): throw fault
            case .noAnswer, .remedy: continue
            }
        }
        hasReadCard = false
        return false
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
    func awaitRemoval(_ context: CommandContext) throws {
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
                    if again.meaning != .success {
                        hasReadCard = false
                        return
                    }
                }
                failures = 0
                try context.pause(.milliseconds(timing.removalPause))
            } catch let failure as ReaderFailure {
                connection = nil
                failures += 1
                if failures > 1 { throw failure.fault }
            }
            // Nobody's fault and nothing done: the flow asks for the card to be taken and waits again.
            if context.remainingMilliseconds == 0 { throw CancellationError() }
        }
    }
}
