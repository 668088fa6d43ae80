import Foundation
import Logging
import Outbox
import SeededRandom

/// A random walk of one outbox and its model, side by side: commits, some beyond its quota, replies, a technician's words, packets carried by hand, damage, repairs, time, crashes.
/// A difference ends it.
struct QueueWalk {
    struct Difference: Error, CustomStringConvertible {
        var description: String
    }

    private struct Refused: Error {}

    /// Entries of one life. More would only make every step slower.
    private static let mostEntries = 40

    let root: URL
    /// bytes that the payloads may take together; about as many as a life commits, or fewer
    private let quota: Int
    var generator: SeededGenerator
    var outbox: Outbox
    var model = QueueModel()
    private var platform = WalkedPlatform()
    var now = Date(timeIntervalSince1970: 1_800_000_000)
    var step = ""
    /// What every packet is, as it was sealed.
    var sealed: [UUID: Data] = [:]

    /// On a file system in memory where there is one: what is tried here is the logic, not the disk.
    init(seed: UInt64) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let base = FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        root = base.appendingPathComponent("queue-model-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: false)
        generator = SeededGenerator(seed: seed)
        quota = Int.random(in: 1000...6000, using: &generator)
        outbox = try Self.open(root, quota: quota)
    }

    func discard() { try? FileManager.default.removeItem(at: root) }

    static let quiet = Logger(label: "walk", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func open(_ root: URL, quota: Int) throws -> Outbox {
        try Outbox(directory: root.appendingPathComponent("outbox"), limits: OutboxLimits(quota: quota), logger: quiet)
    }

    var home: URL { root.appendingPathComponent("outbox") }
    var payloads: URL { home.appendingPathComponent("payloads") }

    /// Takes so many steps; throws at the first after which the two differ.
    mutating func run(steps: Int) throws {
        for number in 1...steps {
            do {
                try take()
                try compareDue()
                if number % 25 == 0 { try compareAll() }
            } catch {
                throw Difference(description: "step \(number) (\(step)): \(error)")
            }
        }
        try compareAll()
    }

    private mutating func take() throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<22: try commit()
        case 22..<48: try reply()
        case 48..<56: try replyToAny()
        case 56..<64: try technician()
        case 64..<65: try reconcile()
        case 65..<66: try archive()
        case 66..<67:
            step = "the network came back"
            try outbox.clearDelays()
            model.clearDelays()
        case 67..<69: carry()
        case 69..<70: try repair()
        case 70..<80: passTime()
        case 80..<84: try damage()
        case 84..<88: try leaveOrphan()
        case 88..<93: try verify()
        case 93..<96:
            step = "restart"
            try restart()
        default: try crash()
        }
    }

    // MARK: - Steps

    private mutating func drafts() -> [OutboxDraft] {
        var drafts: [OutboxDraft] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            var draft = OutboxDraft.application(uuid())
            let candidates = model.items.map(\.id) + drafts.map(\.id)
            if Int.random(in: 0..<2, using: &generator) == 0, let needed = candidates.randomElement(using: &generator) {
                draft = OutboxDraft(id: draft.id, kind: "material", reference: draft.reference, dependsOn: needed)
            }
            drafts.append(draft)
        }
        return drafts
    }

    private mutating func commit() throws {
        guard model.items.count < Self.mostEntries else { return try reply() }
        let drafts = drafts()
        let failing = Int.random(in: 0..<8, using: &generator) == 0 ? drafts.randomElement(using: &generator)?.id : nil
        step = "commit of \(drafts.count)\(failing == nil ? "" : ", with a seal that fails"), \(model.used) of \(quota) bytes taken"
        var sequences: [UInt64] = []
        var packets: [UUID: Data] = [:]
        // With what didn't fit any more.
        var written = 0
        do {
            let entries = try outbox.commit(drafts, at: now) { draft, sequence, sink in
                sequences.append(sequence)
                if draft.id == failing { throw Refused() }
                let packet = Self.packet(draft, sequence)
                packets[draft.id] = packet
                written += packet.count
                try sink(packet)
            }
            guard failing == nil, model.used + written <= quota else { throw Difference(description: "it returned") }
            guard entries.map(\.id) == drafts.map(\.id), entries.map(\.sequence) == sequences else {
                throw Difference(description: "other entries than drafts")
            }
            model.commit(entries)
            sealed.merge(packets) { $1 }
        } catch is Refused {
            guard model.used + written <= quota else { throw Difference(description: "it went beyond the quota") }
        } catch let error as OutboxError where error.code == .full {
            guard model.used + max(written, 1) > quota else { throw Difference(description: "it was refused: \(error)") }
        }
        try checkFresh(sequences)
    }

    private mutating func checkFresh(_ sequences: [UInt64]) throws {
        for sequence in sequences {
            guard sequence > model.lastSequence else { throw Difference(description: "number \(sequence) was given twice") }
            model.used(sequence)
        }
    }

    /// What the platform may say of the next one due.
    private mutating func reply() throws {
        guard let id = model.due(at: now, limit: 1).first else { return passTime() }
        try reply(to: id)
    }

    /// Late or repeated answers, also for entries that don't wait any more, and for none.
    private mutating func replyToAny() throws {
        let id = model.items.randomElement(using: &generator)?.id ?? uuid()
        try reply(to: Int.random(in: 0..<10, using: &generator) == 0 ? uuid() : id)
    }

    private mutating func reply(to id: UUID) throws {
        let state = model[id].map { $0.state.rawValue } ?? "unknown"
        switch Int.random(in: 0..<8, using: &generator) {
        case 0...3:
            step = "acknowledged while \(state)"
            let acknowledgement = Data("signed \(generator.next())".utf8)
            // A late answer may be one of a term that is over, and lost.
            let place = platform.acknowledge(id, isLate: Int.random(in: 0..<10, using: &generator) == 0)
            try expect(model.deliver(id, acknowledgement, place)) {
                try outbox.markDelivered(id: id, acknowledgement: acknowledgement, place: place, at: now)
            }
        case 4...6:
            step = "failed while \(state)"
            let retry = now + Double(Int.random(in: 0...8000, using: &generator))
            try expect(model.fail(id, at: now, retryAt: retry, "unreachable")) {
                try outbox.recordFailure(id: id, at: now, retryAt: retry, error: "unreachable")
            }
        default:
            step = "refused while \(state)"
            try expect(model.reject(id, "http.422")) { try outbox.markRejected(id: id, error: "http.422", at: now) }
        }
    }

    /// The platform was started anew, now and then from a backup.
    private mutating func reconcile() throws {
        let unusable = [nil, nil, 0, 0, 1].randomElement(using: &generator)!
        step = unusable.map { "the platform is restored from the last backup but \($0)" } ?? "the platform starts anew"
        platform.restart(without: unusable, term: uuid().uuidString)
        let asked = try outbox.ledgerTerms()
        let (found, expected) = (
            try outbox.reconcile(term: platform.term, asked: asked, extents: platform.extents(of: asked)),
            model.reconcile(platform.term, has: platform.places)
        )
        guard found.returned == expected.returned, Set(found.lost) == Set(expected.lost) else {
            throw Difference(description: "it found \(found), not \(expected)")
        }
    }

    /// A backup was made, and the kiosk hears of it; sometimes of one that an earlier term knew of.
    private mutating func archive() throws {
        let term = Int.random(in: 0..<4, using: &generator) == 0 ? "another" : platform.term
        let isTold = try outbox.platformTerm() == platform.term
        if isTold { platform.backUp() }
        step = "a backup through \(platform.watermark)"
        guard try outbox.platformTerm() == model.term else { throw Difference(description: "another term than \(model.term ?? "none")") }
        let limit = Int.random(in: 1...4, using: &generator)
        var count = 0
        while true {
            let erased = try outbox.archive(through: platform.watermark, term: term, limit: limit)
            count += erased
            if erased < limit { break }
        }
        guard count == model.archive(through: platform.watermark, term) else { throw Difference(description: "it erased \(count)") }
    }

    private mutating func technician() throws {
        let id = model.items.randomElement(using: &generator)?.id ?? uuid()
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
            step = "hold"
            try expect(model.hold(id)) { try outbox.hold(id: id) }
        case 2:
            step = "quarantine"
            try expect(model.quarantine(id, OutboxEntry.setAsideByTechnician)) {
                try outbox.quarantine(id: id, error: OutboxEntry.setAsideByTechnician)
            }
        default:
            step = "retry"
            try expect(model.retry(id)) { try outbox.retry(id: id) }
        }
    }

    private mutating func passTime() {
        let years = 2 * 365 * 86400
        let seconds: Int
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: seconds = years
        case 1: seconds = -years
        default: seconds = Int.random(in: 0...2000, using: &generator)
        }
        step = "the clock moves by \(seconds) s"
        now += Double(seconds)
    }

    private mutating func damage() throws {
        guard let item = model.items.filter({ $0.damage == .none && $0.state != .archived }).randomElement(using: &generator),
            var bytes = sealed[item.id]
        else { return }
        let file = payloads.appendingPathComponent(Self.name(item.id))
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            step = "a payload is lost"
            try FileManager.default.removeItem(at: file)
            return model.damage(item.id, .gone)
        case 1:
            step = "a payload is cut short"
            try bytes.dropLast(7).write(to: file)
        default:
            step = "a bit of a payload flips"
            bytes[bytes.startIndex + Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try bytes.write(to: file)
        }
        model.damage(item.id, .changed)
    }

    private mutating func leaveOrphan() throws {
        // Nothing is ever written before the first number was taken.
        guard model.lastSequence > 0 else { return }
        step = "an orphan"
        try Data("orphan".utf8).write(
            to: payloads.appendingPathComponent(uuid().uuidString.lowercased() + [".part", ".sealed"].randomElement(using: &generator)!))
    }

    private mutating func verify() throws {
        step = "verification"
        let found = try outbox.verify()
        let expected = model.verify()
        guard Set(found.quarantined) == expected.quarantined, Set(found.damaged) == expected.damaged, found.unreadable.isEmpty,
            found.databaseFaults.isEmpty, found.entries == model.items.count
        else { throw Difference(description: "it found \(found), not \(expected)") }
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: payloads.path))
        let owned = Set(model.items.filter { $0.state != .archived }.map { Self.name($0.id) })
        guard files.isSubset(of: owned) else { throw Difference(description: "orphans are left") }
    }

    /// The process dies: between two calls, or while a draft is being sealed. The disk is as it was at that moment.
    private mutating func crash() throws {
        guard Bool.random(using: &generator), model.items.count < Self.mostEntries else {
            step = "crash"
            try snapshot()
            return try restart()
        }
        let drafts = drafts()
        let fatal = Int.random(in: 0..<drafts.count, using: &generator)
        step = "crash while the draft \(fatal + 1) of \(drafts.count) is being sealed"
        var sequences: [UInt64] = []
        do {
            _ = try outbox.commit(drafts, at: now) { draft, sequence, sink in
                sequences.append(sequence)
                try sink(Self.packet(draft, sequence))
                if sequences.count == fatal + 1 {
                    try snapshot()
                    throw Refused()
                }
            }
        } catch is Refused {
        } catch let error as OutboxError where error.code == .full {
            step += ", for which there was no room"
        }
        try restart()
        try checkFresh(sequences)
    }

    private func snapshot() throws {
        try FileManager.default.copyItem(at: root.appendingPathComponent("outbox"), to: root.appendingPathComponent("snapshot"))
    }

    /// On what a crash left, or else on what lies there.
    private mutating func restart() throws {
        try whileClosed { walk in
            let snapshot = walk.root.appendingPathComponent("snapshot")
            guard FileManager.default.fileExists(atPath: snapshot.path) else { return }
            try FileManager.default.removeItem(at: walk.home)
            try FileManager.default.moveItem(at: snapshot, to: walk.home)
        }
    }

    /// Does something to the outbox's directory, and opens it again.
    mutating func whileClosed(_ body: (inout QueueWalk) throws -> Void) throws {
        // The one before must be gone: it holds the lock, and SQLite removes its files by their path.
        let elsewhere = root.appendingPathComponent("elsewhere")
        outbox = try Outbox(directory: elsewhere, logger: Self.quiet)
        try body(&self)
        outbox = try Self.open(root, quota: quota)
        try FileManager.default.removeItem(at: elsewhere)
    }

    /// Somebody brings a packet to the platform by hand, of which the kiosk knows nothing.
    private mutating func carry() {
        guard let item = model.items.filter({ $0.damage == .none && $0.state != .archived }).randomElement(using: &generator) else { return }
        step = "a packet that is \(item.state.rawValue) is carried to the platform"
        platform.takeIn(item.id)
    }

    // MARK: - Values

    private mutating func uuid() -> UUID {
        let (high, low) = (generator.next(), generator.next())
        return withUnsafeBytes(of: (high, low)) { bytes in UUID(uuid: bytes.load(as: uuid_t.self)) }
    }

    static func name(_ id: UUID) -> String { id.uuidString.lowercased() + ".sealed" }

    /// One that names itself, as real ones do.
    private static func packet(_ draft: OutboxDraft, _ sequence: UInt64) -> Data {
        Data([draft.id.uuidString, "\(sequence)", draft.kind, draft.reference, draft.dependsOn?.uuidString ?? ""].joined(separator: "|").utf8)
    }
}
