import Foundation
import Outbox

extension QueueWalk {
    func expect(_ allowed: Bool, _ call: () throws -> Void) throws {
        do {
            try call()
        } catch let error as OutboxError where error.code == .wrongState {
            if allowed { throw Difference(description: "it was refused: \(error)") }
            return
        }
        if !allowed { throw Difference(description: "it wasn't refused") }
    }

    mutating func compareDue() throws {
        let limit = Int.random(in: 1...50, using: &generator)
        let (due, expected) = (try outbox.due(at: now, limit: limit).map(\.id), model.due(at: now, limit: limit))
        guard due == expected else { throw Difference(description: "due are \(due), not \(expected)") }
        let next = try outbox.nextDueDate()
        guard next == model.nextDueDate else {
            throw Difference(description: "next is \(String(describing: next)), not \(String(describing: model.nextDueDate))")
        }
    }

    func compareAll() throws {
        let entries = try outbox.entries(limit: .max)
        guard entries.count == model.items.count else { throw Difference(description: "\(entries.count) entries, not \(model.items.count)") }
        for (entry, item) in zip(entries, model.items) {
            // What a verification writes says more than the model knows.
            let errorFits = item.error.map { entry.lastError?.hasPrefix($0) == true } ?? (entry.lastError == nil)
            guard entry.id == item.id, entry.sequence == item.sequence, entry.state == item.state, entry.attempts == item.attempts,
                entry.nextAttemptAt == item.next, entry.dependsOn == item.dependsOn, entry.acknowledgement == item.acknowledgement,
                entry.place == item.place, errorFits
            else { throw Difference(description: "\(entry) isn't \(item)") }
            if item.state == .archived {
                guard !FileManager.default.fileExists(atPath: outbox.fileURL(for: entry).path) else {
                    throw Difference(description: "the payload of \(entry.id) isn't erased")
                }
            } else if item.damage == .none, try Data(contentsOf: outbox.fileURL(for: entry)) != sealed[item.id] {
                throw Difference(description: "the payload of \(entry.id) is another")
            }
        }
        let counts = try outbox.counts()
        for state in OutboxEntry.State.allCases where counts[state].entries != model.items.count(where: { $0.state == state }) {
            throw Difference(description: "counts \(counts)")
        }
        guard try outbox.room().used == model.used else { throw Difference(description: "\(counts.bytes) bytes are taken, not \(model.used)") }
    }
}
