@testable import DeviceStore
import Foundation
import GRDB
import KioskRuntime
import LocalAPI
import Logging
import Synchronization
import Testing

/// A disk that takes nothing, from the start or from some time on.
@Suite(.timeLimit(.minutes(1)))
struct DeviceMemoryTests {
    static let counters = DeviceCounters(uses: 2, failures: 1, busyMilliseconds: 700)

    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("memory-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    /// SQLite can't open a directory, whoever asks.
    @Test func whatCantBeOpenedIsDoneWithoutAndComesBack() async throws {
        try await withDirectory { directory in
            let obstacle = directory.appendingPathComponent("devices.db")
            try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: true)
            let lines = Lines()
            let memory = DeviceMemory(directory: directory, pause: .zero, logger: Logger(label: "test") { _ in lines })
            #expect(memory.trouble?.contains("unable to open") == true, "\(memory.trouble ?? "no trouble")")
            for _ in 0..<3 { await #expect(throws: DeviceDatabase.Unavailable.self) { try await memory.count(Self.counters, on: "reader") } }
            #expect(lines.all.count == 1, "told once: \(lines.all)")
            try FileManager.default.removeItem(at: obstacle)
            try await memory.count(Self.counters, on: "reader")
            #expect(memory.trouble == nil)
            #expect(try await memory.histories()["reader"]?.counters == Self.counters)
            #expect(lines.all.last?.contains("again") == true)
        }
    }

    @Test func betweenTwoAttemptsNobodyWaits() async throws {
        try await withDirectory { directory in
            let obstacle = directory.appendingPathComponent("devices.db")
            try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: true)
            let memory = DeviceMemory(directory: directory, pause: .seconds(3600), logger: Logger(label: "test") { _ in Lines() })
            try FileManager.default.removeItem(at: obstacle)
            await #expect(throws: DeviceDatabase.Unavailable.self) { try await memory.histories() }
            #expect(memory.trouble != nil)
        }
    }

    @Test func aFullDiskIsToldUntilThereIsRoom() async throws {
        try await withDirectory { directory in
            let memory = DeviceMemory(directory: directory, pause: .zero, logger: Logger(label: "test") { _ in Lines() })
            let database = try #require(memory.database)
            let pages = try await database.database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA max_page_count = 1")
                return try Int.fetchOne(db, sql: "PRAGMA max_page_count") ?? 0
            }
            // One row of so many bytes fits no page that is there.
            await #expect(throws: DatabaseError.self) {
                for _ in 0..<pages {
                    _ = try await memory.begin(.printing(reference: String(repeating: "x", count: 4000)), on: "printer", at: Date())
                }
            }
            #expect(memory.trouble?.contains("full") == true, "\(memory.trouble ?? "no trouble")")
            try await database.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
            _ = try await memory.begin(.opening(door: 1), on: "locker", at: Date())
            #expect(memory.trouble == nil)
        }
    }

    @Test func whatIsDamagedIsLaidAside() async throws {
        try await withDirectory { directory in
            try Data(repeating: 0x55, count: 8192).write(to: directory.appendingPathComponent("devices.db"))
            let memory = DeviceMemory(directory: directory, logger: Logger(label: "test") { _ in Lines() })
            #expect(memory.trouble == nil)
            #expect(try await memory.histories().isEmpty)
        }
    }

    private final class Lines: LogHandler, Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) { kept.withLock { $0.append("\(event.level) \(event.message)") } }
    }
}
