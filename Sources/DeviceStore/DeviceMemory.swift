internal import Dispatch
public import Foundation
internal import GRDB
public import KioskRuntime
public import LocalAPI
public import Logging
internal import Synchronization

/// The devices' records on a disk that may be full, fail or be damaged. A kiosk serves without them: what can't be opened is tried again later, what fails
/// while it runs is opened anew, and what is damaged is laid aside. Meanwhile every call throws, and ``trouble`` says why.
public final class DeviceMemory: DeviceRecords {
    private struct State {
        var database: DeviceDatabase?
        var trouble: String?
        /// Not before then is it opened again.
        var nextTry = ContinuousClock.now
    }

    private let directory: URL
    private let pause: Duration
    private let logger: Logger
    private let state = Mutex(State())

    /// Opens or makes `devices.db` in `directory`, if that can be done. Blocks.
    /// - Parameter pause: between two attempts to open it
    public init(directory: URL, pause: Duration = .seconds(30), logger: Logger) {
        self.directory = directory
        self.pause = pause
        self.logger = logger
        open()
    }

    /// What keeps the records from being written, in words; nil when nothing does. Nobody has to ask for the records to be tried again, but asking does so.
    public var trouble: String? {
        let (trouble, isClosed) = state.withLock { ($0.trouble, $0.database == nil) }
        if isClosed { Task { _ = try? await opened() } }
        return trouble
    }

    // MARK: Opening

    /// The one that is open.
    var database: DeviceDatabase? { state.withLock { $0.database } }

    private func open() {
        do {
            let database = try made()
            let wasInTrouble = state.withLock { state in
                defer { state.trouble = nil }
                state.database = database
                return state.trouble != nil
            }
            if wasInTrouble { logger.notice("the devices' records can be written again") }
        } catch {
            failed("\(error)", isLost: true)
        }
    }

    private func made() throws -> DeviceDatabase {
        do {
            return try DeviceDatabase(directory: directory)
        } catch let damaged as DeviceDatabase.Damaged {
            logger.error("the devices' records are damaged, laid aside and begun anew", metadata: ["cause": "\(damaged)"])
            try DeviceDatabase.setAside(in: directory, at: Date())
            return try DeviceDatabase(directory: directory)
        }
    }

    /// The same trouble is told once, however often it is met.
    private func failed(_ trouble: String, isLost: Bool) {
        let isNew = state.withLock { state in
            defer { state.trouble = trouble }
            if isLost {
                state.database = nil
                state.nextTry = .now + pause
            }
            return state.trouble == nil
        }
        if isNew { logger.error("the devices' records can't be kept; the kiosk serves without them", metadata: ["cause": "\(trouble)"]) }
    }

    private func opened() async throws -> DeviceDatabase {
        let (database, isDue) = state.withLock { state -> (DeviceDatabase?, Bool) in
            guard state.database == nil, state.nextTry <= .now else { return (state.database, false) }
            // Whoever comes meanwhile doesn't wait for this attempt.
            state.nextTry = .now + pause
            return (nil, true)
        }
        if let database { return database }
        if isDue {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async { [self] in
                    open()
                    continuation.resume()
                }
            }
        }
        return try state.withLock { state in
            guard let database = state.database else { throw DeviceDatabase.Unavailable(description: state.trouble ?? "not open") }
            return database
        }
    }

    private func use<Value: Sendable>(_ work: (DeviceDatabase) async throws -> Value) async throws -> Value {
        let database = try await opened()
        do {
            let value = try await work(database)
            let wasInTrouble = state.withLock { state in
                defer { state.trouble = nil }
                return state.trouble != nil
            }
            if wasInTrouble { logger.notice("the devices' records can be written again") }
            return value
        } catch let error as DatabaseError {
            // A full disk needs only room; of everything else nobody knows what SQLite still holds to be true.
            failed("SQLite: \(error.message ?? "no message") (\(error.extendedResultCode.rawValue))", isLost: error.resultCode != .SQLITE_FULL)
            throw error
        }
    }

    // MARK: DeviceRecords

    public func histories() async throws -> [String: DeviceHistory] { try await use { try await $0.histories() } }

    public func count(_ counters: DeviceCounters, on device: String) async throws { try await use { try await $0.count(counters, on: device) } }

    public func keep(_ ticket: DeviceTicket) async throws { try await use { try await $0.keep(ticket) } }

    public func close(ticket: UUID, at date: Date) async throws { try await use { try await $0.close(ticket: ticket, at: date) } }

    public func begin(_ act: DeviceAct, on device: String, at date: Date) async throws -> UUID {
        try await use { try await $0.begin(act, on: device, at: date) }
    }

    public func note(_ fact: DeviceAct.Fact, of act: UUID) async throws { try await use { try await $0.note(fact, of: act) } }

    public func log(of device: String, limit: Int) async throws -> [DeviceLogEntry] { try await use { try await $0.log(of: device, limit: limit) } }
}
