public import Foundation
public import LocalAPI

/// What is remembered of the devices over restarts and power cuts: how much they did, what is wrong with them, which doors were opened and what was
/// printed. Calls come from several tasks; each returns when what it says is done.
public protocol DeviceRecords: Sendable {
    /// Of every device that anything is known of, by name.
    func histories() async throws -> [String: DeviceHistory]
    /// Adds to what was counted before. May be lost in a power cut.
    func count(_ counters: DeviceCounters, on device: String) async throws
    /// Keeps an open ticket, or what has changed in it.
    func keep(_ ticket: DeviceTicket) async throws
    /// The device serves again. No effect on a ticket that is closed.
    func close(ticket: UUID, at date: Date) async throws

    /// Durable when it returns (synchronous=FULL): only then may the order go out. Returns the id of its row.
    func begin(_ act: DeviceAct, on device: String, at date: Date) async throws -> UUID
    /// What has become known of an act. Durable when it returns; facts may come in any order and are never taken back.
    func note(_ fact: DeviceAct.Fact, of act: UUID) async throws
    /// The newest first, at most `limit`.
    func log(of device: String, limit: Int) async throws -> [DeviceLogEntry]
}

/// What a device has done so far.
public struct DeviceCounters: Sendable, Equatable {
    /// Commands carried out, well or badly; cancelled ones aren't counted.
    public var uses = 0
    /// Those that ended in a device fault.
    public var failures = 0
    /// Milliseconds from order to answer, the citizen's own time included.
    public var busyMilliseconds = 0

    public init(uses: Int = 0, failures: Int = 0, busyMilliseconds: Int = 0) {
        self.uses = uses
        self.failures = failures
        self.busyMilliseconds = busyMilliseconds
    }

    static func += (left: inout Self, right: Self) {
        left.uses += right.uses
        left.failures += right.failures
        left.busyMilliseconds += right.busyMilliseconds
    }
}

/// What was known of a device when kioskd ended.
public struct DeviceHistory: Sendable, Equatable {
    public var counters: DeviceCounters
    /// The one that is open.
    public var ticket: DeviceTicket?

    public init(counters: DeviceCounters = DeviceCounters(), ticket: DeviceTicket? = nil) {
        self.counters = counters
        self.ticket = ticket
    }
}
