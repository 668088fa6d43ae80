@testable import DeviceStore
import Foundation
import GRDB
import KioskModel
import KioskRuntime
import LocalAPI
import Testing

/// Every test opens the database anew where it says that something was kept.
struct DeviceDatabaseTests {
    static let date = Date(timeIntervalSince1970: 1_800_000_000)

    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("devices-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    @Test func countersAddUpOverRestarts() async throws {
        try await withDirectory { directory in
            for _ in 0..<3 {
                let database = try DeviceDatabase(directory: directory, now: Self.date)
                try await database.count(DeviceCounters(uses: 2, failures: 1, busyMilliseconds: 700), on: "reader")
                try await database.count(DeviceCounters(uses: 1), on: "printer")
            }
            let histories = try await DeviceDatabase(directory: directory, now: Self.date).histories()
            #expect(histories["reader"]?.counters == DeviceCounters(uses: 6, failures: 3, busyMilliseconds: 2100))
            #expect(histories["printer"]?.counters == DeviceCounters(uses: 3))
        }
    }

    @Test func aTicketIsKeptUntilItIsClosed() async throws {
        try await withDirectory { directory in
            var ticket = DeviceTicket(
                id: try #require(UUID(uuidString: "0197A3C0-0000-7000-8000-000000000003")), device: "reader",
                fault: DeviceFault(code: "reader.timeout", action: .reset, detail: "no answer"), firstSeen: Self.date, tried: [.retry, .reset])
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            try await database.keep(ticket)
            ticket.tried.append(.port)
            ticket.fault.code = "reader.absent"
            try await database.keep(ticket)
            let later = try DeviceDatabase(directory: directory, now: Self.date)
            #expect(try await later.histories()["reader"]?.ticket == ticket)
            try await later.close(ticket: ticket.id, at: Self.date + 60)
            #expect(try await DeviceDatabase(directory: directory, now: Self.date).histories()["reader"]?.ticket == nil)
        }
    }

    @Test func anOpeningWithoutAnEndIsUnknown() async throws {
        try await withDirectory { directory in
            do {
                let database = try DeviceDatabase(directory: directory, now: Self.date)
                let first = try await database.begin(.opening(door: 3), on: "locker", at: Self.date)
                try await database.note(.ended(outcome: "done", sheets: nil, at: Self.date + 1), of: first)
                // kioskd is gone before the answer.
                _ = try await database.begin(.opening(door: 4), on: "locker", at: Self.date + 2)
            }
            let log = try await DeviceDatabase(directory: directory, now: Self.date).log(of: "locker", limit: 10)
            #expect(log.map(\.door) == [4, 3])
            #expect(log.map(\.outcome) == ["unknown", "done"])
            #expect(log.map(\.endedAt) == [nil, Self.date + 1])
            #expect(log.allSatisfy { $0.kind == .opening && $0.id.uuidString.dropFirst(14).first == "7" })
        }
    }

    @Test func factsOfAPrintingComeInAnyOrderAndStay() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            let job = try await database.begin(.printing(reference: "WH-1"), on: "printer", at: Self.date)
            try await database.note(.ended(outcome: "done", sheets: 2, at: Self.date + 9), of: job)
            try await database.note(.ended(outcome: "cancelled", sheets: 0, at: Self.date + 10), of: job)
            try await database.note(.taken, of: job)
            try await database.note(.accepted, of: job)
            _ = try await database.begin(.printing(reference: nil), on: "receipts", at: Self.date)
            let log = try await DeviceDatabase(directory: directory, now: Self.date).log(of: "printer", limit: 10)
            #expect(
                log == [
                    DeviceLogEntry(
                        id: job, device: "printer", kind: .printing, orderedAt: Self.date, endedAt: Self.date + 9, reference: "WH-1", accepted: true,
                        sheets: 2, taken: true, outcome: "done")
                ])
        }
    }

    @Test func theLimitKeepsTheNewest() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            for door in 1...9 { _ = try await database.begin(.opening(door: door), on: "locker", at: Self.date + Double(door)) }
            #expect(try await database.log(of: "locker", limit: 2).map(\.door) == [9, 8])
        }
    }

    @Test func whatIsTooOldGoesAtTheNextStart() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            _ = try await database.begin(.opening(door: 1), on: "locker", at: Self.date - DeviceDatabase.keptFor - 1)
            _ = try await database.begin(.opening(door: 2), on: "locker", at: Self.date - DeviceDatabase.keptFor + 1)
            #expect(try await DeviceDatabase(directory: directory, now: Self.date).log(of: "locker", limit: 9).map(\.door) == [2])
        }
    }

    /// A kiosk isn't started anew for years.
    @Test func whatIsTooOldGoesWhileItRunsToo() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            _ = try await database.begin(.opening(door: 1), on: "locker", at: Self.date)
            _ = try await database.begin(.opening(door: 2), on: "locker", at: Self.date + DeviceDatabase.keptFor - 1)
            #expect(try await database.log(of: "locker", limit: 9).map(\.door) == [2, 1])
            _ = try await database.begin(.opening(door: 3), on: "locker", at: Self.date + DeviceDatabase.keptFor + 86_400)
            #expect(try await database.log(of: "locker", limit: 9).map(\.door) == [3, 2])
        }
    }

    @Test func growthIsBoundedUnderAClockThatStandsStill() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Date(), limit: 100)
            for door in 1...150 { _ = try await database.begin(.opening(door: door), on: "locker", at: Date()) }
            for _ in 1...40 {
                let ticket = Self.ticket(UUID())
                try await database.keep(ticket)
                try await database.close(ticket: ticket.id, at: Date())
            }
            let (openings, tickets) = try await database.database.read { db in
                (try Int.fetchOne(db, sql: "SELECT count(*) FROM opening") ?? 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM ticket") ?? 0)
            }
            #expect((100...102).contains(openings), "\(openings)")
            #expect((1...3).contains(tickets), "\(tickets)")
        }
    }

    @Test func aDeviceHasOneOpenTicket() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            var newer = Self.ticket(UUID())
            newer.failsCommands = true
            newer.firstSeen += 100
            try await database.keep(Self.ticket(UUID()))
            try await database.keep(newer)
            #expect(try await DeviceDatabase(directory: directory, now: Self.date).histories()["reader"]?.ticket == newer)
            try await database.close(ticket: newer.id, at: Self.date + 200)
            #expect(try await DeviceDatabase(directory: directory, now: Self.date).histories()["reader"]?.ticket == nil)
        }
    }

    /// One whose writing failed at first, and comes after the next.
    @Test func anOldTicketThatIsWrittenLateClosesNoNewerOne() async throws {
        try await withDirectory { directory in
            let database = try DeviceDatabase(directory: directory, now: Self.date)
            let older = Self.ticket(UUID())
            var newer = Self.ticket(UUID())
            newer.firstSeen += 100
            try await database.keep(newer)
            try await database.keep(older)
            try await database.close(ticket: older.id, at: Self.date + 50)
            #expect(try await DeviceDatabase(directory: directory, now: Self.date).histories()["reader"]?.ticket == newer)
        }
    }

    private static func ticket(_ id: UUID) -> DeviceTicket {
        DeviceTicket(
            id: id, device: "reader", fault: DeviceFault(code: "reader.timeout", action: .reset, detail: "no answer"), firstSeen: date,
            tried: [.retry])
    }

    @Test func aDamagedDatabaseIsNamedAndLaidAside() async throws {
        try await withDirectory { directory in
            let file = directory.appendingPathComponent("devices.db")
            try Data(repeating: 0x55, count: 8192).write(to: file)
            #expect(throws: DeviceDatabase.Damaged.self) { try DeviceDatabase(directory: directory, now: Self.date) }
            try DeviceDatabase.setAside(in: directory, at: Self.date)
            #expect(try await DeviceDatabase(directory: directory, now: Self.date).histories().isEmpty)
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(names.contains { $0.hasPrefix("damaged-") && $0.hasSuffix("devices.db") })
        }
    }
}
