import BadNetwork
import Foundation
import LocalAPI
import PlatformAPI
import Testing

@testable import Bench

/// What docs/salvage.md tells to do, over real processes.
@Suite(.serialized)
struct SalvageTests {
    private func `import`(_ places: [URL], _ night: Night, expecting status: Int32 = 0) async throws -> String {
        let layout = night.kiosk.layout
        return try await night.run(
            "platformd",
            ["import", "--data", layout.platformData.path, "--catalogue", layout.kiosk.appending(path: "catalogue").path] + places.map(\.path),
            expecting: status)
    }

    private static func packets(in directory: URL) throws -> [URL] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".sealed") }.map { directory.appending(path: $0) }
    }

    private func withoutDatabase(_ directory: URL) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: directory.appending(path: "outbox.sqlite").path + suffix) }
    }

    /// The kiosk never reaches the city again, and the city has everything.
    @Test func `a stick and a dead kiosk's disk bring everything to the platform once`() async throws {
        try await Night.with { night in
            let layout = night.kiosk.layout
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            let count = try await night.kiosk.local.queue().count

            let stick = layout.root.appending(path: "stick")
            let export = ["queue", "export", stick.path, "--socket", layout.controlSocket.path]
            #expect(try await night.run("kioskctl", export).contains("exported       \(count)"))
            #expect(try await night.run("kioskctl", export).contains("there already  \(count)"))
            #expect(try await `import`([stick], night).contains("accepted=\(count) already=0 not-taken=0"))
            let found = try await night.kiosk.officer.applications()
            #expect(found.map(\.reference) == [reference] && found.first?.status == .complete)

            // Its disk, of which the database can't be read any more.
            try await night.kiosk.kioskd.stop()
            let disk = layout.root.appending(path: "disk")
            try FileManager.default.copyItem(at: layout.kioskData, to: disk)
            withoutDatabase(disk)
            #expect(try await `import`([disk], night).contains("accepted=0 already=\(count) not-taken=0"))
            #expect(try await night.kiosk.officer.applications().count == 1)
        }
    }

    /// The kiosk lives, and its database doesn't. What its files say of themselves is believed for its signature, whatever that is made with.
    @Test(arguments: [nil, CryptoProfile.national])
    func `a lost database is made anew, and the kiosk delivers`(_ profile: CryptoProfile?) async throws {
        try await Night.with(profile: profile) { night in
            let layout = night.kiosk.layout
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            let items = try await night.kiosk.local.queue()
            try await night.kiosk.kioskd.stop()
            let profiles = try Self.packets(in: layout.kioskData).map { try PacketPrefix(reading: Data(contentsOf: $0))?.profile }
            #expect(profiles.count == items.count && profiles.allSatisfy { $0 == profile ?? .international })
            withoutDatabase(layout.kioskData)

            let verify = ["queue", "verify", "--data", layout.kioskData.path]
            #expect(try await night.run("kioskctl", verify, expecting: 4).contains("outbox.none"))
            _ = try await night.run("kioskctl", ["queue", "verify", "--repair"], expecting: 64)
            let key = KioskPrivateKey.place(beside: layout.credential).path
            let text = try await night.run("kioskctl", verify + ["--repair", "--key", key, "--format", "json"])
            let report = try LocalJSON.decoder().decode(QueueVerificationReport.self, from: Data(text.utf8))
            #expect(report.repair == QueueRepairReport(damaged: nil, rows: 0, packets: items.count, unacknowledged: 0, unknown: 0))

            try await night.kiosk.network.setOnline(true)
            try await night.kiosk.kioskd.start()
            try await night.kiosk.waitForKiosk()
            try await night.delivered(reference)
            let after = try await night.kiosk.local.queue()
            #expect(after.map(\.id) == items.map(\.id) && after.map(\.digest) == items.map(\.digest))
        }
    }
}
