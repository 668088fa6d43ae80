import Foundation
import KioskModel
import LocalAPI
import PlatformAPI
import Testing

@testable import Bench

/// A running kiosk and its touchscreen.
struct Night {
    let kiosk: VirtualKiosk
    let screen: Touchscreen
    let citizen: SyntheticCitizen

    /// Waits for that screen with that notice on it.
    func notice(_ key: String, on name: String) async throws {
        try await screen.waitFor(name) { screen in
            screen.body.contains { component in
                guard case .notice(_, .key(key, _)) = component else { return false }
                return true
            }
        }
    }

    func toLayCard() async throws {
        try await screen.waitFor("attract")
        try await screen.touch(.start)
        try await screen.waitFor("menu") { $0.offered.contains(Touch(.chooseJourney, "upload")) }
        try await screen.touch(.chooseJourney)
        try await screen.waitFor("lay-card")
    }

    func toInsert() async throws {
        try await toLayCard()
        kiosk.reader.lay(SyntheticCard(citizen))
        try await screen.waitFor("identity")
        try await screen.touch(.confirm)
        try await screen.waitFor("take-card")
        kiosk.reader.lift()
        try await screen.waitFor("items")
        try await screen.touch(.chooseItem)
        let checklist = try await screen.waitFor("checklist")
        let material = try #require(checklist.missingMaterial)
        try await screen.touch(.chooseMaterial, material.value)
        try await screen.waitFor("insert")
    }

    /// From the insert screen to the receipt.
    func toReceipt() async throws -> String {
        await kiosk.scanner.load(pages: try VirtualKiosk.document(of: citizen, pages: 1))
        try await screen.touch(.scan)
        try await screen.waitFor("preview")
        try await screen.touch(.finishMaterial)
        var checklist = try await screen.waitFor("checklist")
        while let missing = checklist.missingMaterial {
            try await screen.touch(.chooseMaterial, missing.value)
            try await screen.waitFor("insert")
            await kiosk.scanner.load(pages: try VirtualKiosk.document(of: citizen, pages: 1))
            try await screen.touch(.scan)
            try await screen.waitFor("preview")
            try await screen.touch(.finishMaterial)
            checklist = try await screen.waitFor("checklist") { $0.missingMaterial != missing }
        }
        try await screen.touch(.submit)
        try await screen.waitFor("review")
        try await screen.touch(.confirm)
        return try #require(try await screen.waitFor("receipt").reference)
    }

    /// Everything that waits has reached the platform, once.
    func delivered(_ reference: String) async throws {
        let officer = try await kiosk.officer
        try await Poll.until("the application at the platform") {
            let found = try await officer.applications().filter { $0.reference == reference }
            return found.count == 1 ? .there(()) : .notYet("\(found.count) applications")
        }
        let local = kiosk.local
        try await Poll.until("an empty queue") {
            let waiting = try await local.status().queue.waiting
            return waiting == 0 ? .there(()) : .notYet("\(waiting) waiting")
        }
    }

    /// Runs a program to its end, one of ours unless it comes with a path.
    /// - Returns: what it said, on both of its outputs
    func run(_ program: String, _ arguments: [String], expecting status: Int32 = 0) async throws -> String {
        try await Self.run(program, arguments, kiosk.layout, expecting: status)
    }

    private static func run(_ program: String, _ arguments: [String], _ layout: BenchLayout, expecting status: Int32 = 0) async throws -> String {
        let output = ProcessLog()
        let command = BenchProcess.Command(program.hasPrefix("/") ? program : layout.executable(program), arguments, environment: [:])
        let child = try await BenchProcess.start(command) { output.append($0, from: program) }
        let end = await child.wait()
        let text = String(decoding: output.everything.flatMap(\.bytes), as: UTF8.self)
        #expect(end == .exit(status), "\(program) \(arguments): \(text)")
        return text
    }

    /// Keys of that profile for kiosk and platform, as an administrator makes them before either runs.
    private static func makeKeys(_ profile: CryptoProfile, _ layout: BenchLayout) async throws {
        try layout.makeDirectories()
        _ = try await run("kioskctl", ["key", "make", KioskPrivateKey.place(beside: layout.credential).path, "--profile", profile.rawValue], layout)
        _ = try await run("platformd", ["operator-token", "--data", layout.platformData.path], layout)
        _ = try await run("platformd", ["rotate-key", "--data", layout.platformData.path, "--profile", profile.rawValue], layout)
    }

    /// Plays on a kiosk of its own, removed at the end.
    /// - Parameter profile: of the keys; nil for those that there are when nobody says
    static func with(citizen id: String = "rare", profile: CryptoProfile? = nil, _ body: (Night) async throws -> Void) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(), traced: false)
        do {
            if let profile { try await makeKeys(profile, kiosk.layout) }
            try await kiosk.start()
            let screen = try await Touchscreen.open(try await kiosk.startAddress())
            try await body(Night(kiosk: kiosk, screen: screen, citizen: try #require(SyntheticCitizen.named(id))))
            await screen.close()
            await kiosk.stop()
        } catch {
            await kiosk.stop()
            throw error
        }
    }
}
