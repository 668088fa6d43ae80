internal import Dispatch
public import Foundation
public import KioskRuntime
public import Outbox
internal import PlatformAPI
#if MUTANTS
    internal import Mutants
#endif

/// The outbox as the runtime needs it: its blocking calls run off the cooperative pool, one after the other on a queue of their own, but those of the delivery loop,
/// which has a thread.
public struct OutboxStore: PacketStore {
    let outbox: Outbox
    /// One value once the disk has failed under a commit: the outbox takes no more until it has been opened anew.
    public let broken: AsyncStream<Void>
    /// One value whenever the database can't be read, which a verification should look at; for one listener.
    public let damaged: AsyncStream<Void>
    private let breaks: AsyncStream<Void>.Continuation
    private let damages: AsyncStream<Void>.Continuation
    private let queue = DispatchQueue(label: "outbox")

    /// One store an outbox, and one outbox a directory.
    public init(_ outbox: Outbox) {
        self.outbox = outbox
        (broken, breaks) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        (damaged, damages) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Runs a call that blocks on the disk.
    public func perform<Value: Sendable>(_ work: @escaping @Sendable (Outbox) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work(outbox) }) }
        }
    }

    /// The same, for the delivery loop, which outlives a full disk, and goes on beside pages of the database that are damaged.
    private func deliver<Value: Sendable>(_ work: @escaping @Sendable (Outbox) throws -> Value) async throws -> Value {
        do {
            // A task with an executor has a thread that it may block. To wake another for each call, and to be woken by it, takes longer than most calls do.
            if withUnsafeCurrentTask(body: { $0?.unownedTaskExecutor != nil }) { return try work(outbox) }
            return try await perform(work)
        } catch let error as OutboxError where error.code == .diskFull || error.code == .corrupt {
            if error.code == .corrupt { damages.yield() }
            throw PacketStoreUnavailable("\(error)")
        }
    }

    /// What came of an attempt on an entry that a verification or a technician may have taken out of its way meanwhile: then it says nothing any more.
    private func note(_ work: @escaping @Sendable (Outbox) throws -> Void) async throws {
        do {
            try await deliver(work)
        } catch let error as OutboxError where error.code == .wrongState {
            return
        }
    }

    public func due(at date: Date, limit: Int, among lane: DeliveryLane) async throws -> [QueuedPacket] {
        try await deliver { outbox in
            try outbox.due(at: date, limit: limit, smallOnly: lane.smallOnly, except: lane.except).map { entry in
                QueuedPacket(
                    id: entry.id, sequence: entry.sequence, kind: entry.kind, reference: entry.reference, dependsOn: entry.dependsOn,
                    file: outbox.fileURL(for: entry), byteCount: entry.byteCount, digest: entry.digest, attempts: entry.attempts,
                    isLarge: entry.byteCount > Outbox.largeSize)
            }
        }
    }

    public func nextDueDate(among lane: DeliveryLane) async throws -> Date? {
        try await deliver { try $0.nextDueDate(smallOnly: lane.smallOnly, except: lane.except) }
    }

    public func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) async throws {
        try await note { try $0.recordFailure(id: id, at: date, retryAt: retryAt, error: error) }
    }

    public func clearDelays() async throws {
        try await deliver { try $0.clearDelays() }
    }

    public func markDelivered(id: UUID, receipt: AcknowledgementReceipt, at date: Date) async throws {
        let place = LedgerPlace(term: receipt.term.uuidString.lowercased(), number: receipt.number)
        try await deliver { try $0.markDelivered(id: id, acknowledgement: receipt.bytes, place: place, at: date) }
    }

    public func markRejected(id: UUID, error: String, at date: Date) async throws {
        try await note { try $0.markRejected(id: id, error: error, at: date) }
    }

    public func quarantine(id: UUID, error: String) async throws {
        try await note { try $0.quarantine(id: id, error: error) }
    }
}

extension OutboxStore: SubmissionStore {
    @discardableResult
    public func commit(
        _ drafts: [PacketDraft], at date: Date, closing: @escaping @Sendable (_ digest: Data) throws -> Data,
        seal: @escaping @Sendable (PacketDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) async throws -> [KeptPacket] {
        let byID = Dictionary(uniqueKeysWithValues: drafts.map { ($0.id, $0) })
        #if MUTANTS
            if Mutant.earlyAcknowledgement.isAwake {
                Task { try await store(drafts, byID, at: date, closing: closing, seal: seal) }
                return drafts.map { KeptPacket(id: $0.id, digest: Digest.sha256(Data())) }
            }
        #endif
        do {
            return try await store(drafts, byID, at: date, closing: closing, seal: seal).map { KeptPacket(id: $0.id, digest: $0.digest) }
        } catch let error as OutboxError {
            switch error.code {
            case .io, .failed: breaks.yield()
            case .corrupt: damages.yield()
            default: break
            }
            throw error
        }
    }

    private func store(
        _ drafts: [PacketDraft], _ byID: [UUID: PacketDraft], at date: Date, closing: @escaping @Sendable (_ digest: Data) throws -> Data,
        seal: @escaping @Sendable (PacketDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) async throws -> [OutboxEntry] {
        try await perform { outbox in
            let rows = drafts.map { OutboxDraft(id: $0.id, kind: $0.kind.rawValue, reference: $0.reference, dependsOn: $0.dependsOn) }
            return try outbox.commit(rows, at: date, closing: closing) { row, sequence, sink in
                guard let draft = byID[row.id] else { return }
                try seal(draft, sequence, sink)
            }
        }
    }
}
