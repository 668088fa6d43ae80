import BadNetwork
import Foundation
import KioskModel
import LocalAPI
import PlatformAPI
import Testing

@testable import Bench

/// What goes wrong in a night, over real processes: each time the screen says what to do, and doing it leads on.
@Suite(.serialized)
struct TroubleTests {
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

        /// The text of the code on the first printed sheet.
        func codeOnPaper() async throws -> String {
            let printer = kiosk.printer
            let sheet = try await Poll.until("a sheet in the tray") { printer.printedDocuments().first.map { .there($0) } ?? .notYet("none") }
            // A4 at 300 dpi.
            let (width, height) = (2480, 3508)
            let page = try #require(try await Poppler.drawn(try Data(contentsOf: sheet), width: width, height: height).first)
            let picture = kiosk.layout.temporary.appending(path: "sheet.pgm")
            try (Data("P5\n\(width) \(height)\n255\n".utf8) + Data(page)).write(to: picture)
            let read = try await run("/usr/bin/zbarimg", ["--quiet", "--raw", "--nodbus", picture.path])
            return read.text.trimmingCharacters(in: .newlines)
        }

        /// How a program ended, and what it printed.
        func run(_ executable: String, _ arguments: [String]) async throws -> (end: BenchProcess.End, text: String) {
            let output = ProcessLog()
            let child = try await BenchProcess.start(.init(executable, arguments, environment: [:])) { output.append($0, from: "program") }
            let end = await child.wait()
            return (end, String(decoding: output.everything.flatMap(\.bytes), as: UTF8.self))
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
    }

    private func night(citizen id: String = "rare", _ body: (Night) async throws -> Void) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(), traced: false)
        do {
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

    @Test func `a card laid badly is to be laid flat`() async throws {
        try await night { night in
            try await night.toLayCard()
            night.kiosk.reader.lay(SyntheticCard(night.citizen, placement: .badly))
            // It stays wrong for as long as it lies badly; the journey doesn't end over it.
            try await night.notice("remedy.layCardFlat", on: "lay-card")
            let selects = night.kiosk.reader.requests.count { $0 == .select }
            let reader = night.kiosk.reader
            try await Poll.until("two more tries") {
                let more = reader.requests.count { $0 == .select } - selects
                return more >= 4 ? .there(()) : .notYet("\(more) selects")
            }
            try await night.notice("remedy.layCardFlat", on: "lay-card")
            night.kiosk.reader.lift()
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.screen.waitFor("identity")
        }
    }

    @Test func `a card removed half-way is to be laid again`() async throws {
        try await night { night in
            try await night.toLayCard()
            night.kiosk.reader.inject(.cardRemoved, at: .read)
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.notice("remedy.cardRemovedTooEarly", on: "lay-card")
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.screen.waitFor("identity")
        }
    }

    @Test func `an empty scanner asks for pages`() async throws {
        try await night { night in
            try await night.toInsert()
            try await night.screen.touch(.scan)
            try await night.notice("remedy.insertPages", on: "insert")
            try await night.delivered(try await night.toReceipt())
        }
    }

    @Test func `a jam is to be pulled out, and the scan goes on`() async throws {
        try await night { night in
            try await night.toInsert()
            await night.kiosk.scanner.load(pages: try VirtualKiosk.document(of: night.citizen, pages: 2))
            await night.kiosk.scanner.setCondition(.jam)
            try await night.screen.touch(.scan)
            try await night.notice("remedy.pullOutJammedPage", on: "insert")
            await night.kiosk.scanner.setCondition(.ready)
            try await night.delivered(try await night.toReceipt())
        }
    }

    @Test func `a printer without paper leaves the number on the screen`() async throws {
        try await night { night in
            try await night.kiosk.setPaper(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            try await night.notice("receipt.notPrinted.refill", on: "receipt")
            #expect(await night.screen.current?.reference == reference)
            try await night.delivered(reference)
            #expect(night.kiosk.printer.printedDocuments().isEmpty)
        }
    }

    @Test func `with the platform down the receipt says so, and it is delivered once afterwards`() async throws {
        try await night { night in
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            try await night.screen.waitFor("receipt") { $0.body.contains(.notice(.attention, .key("receipt.offline"))) }
            #expect(try await night.kiosk.officer.applications().isEmpty)
            try await night.kiosk.network.setOnline(true)
            try await night.delivered(reference)
        }
    }

    @Test func `the printed code is the kiosk's word, and brings the platform's`() async throws {
        try await night { night in
            let layout = night.kiosk.layout
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            let code = try await night.codeOnPaper()
            let receipt = try SignedCustodyReceipt(token: code).receipt
            #expect(receipt.reference == reference && receipt.kiosk == VirtualKiosk.name)
            let kioskKey = layout.root.appending(path: "\(VirtualKiosk.name).pub").path
            let held = try await night.run(layout.executable("kioskctl"), ["receipt", "check", "--key", kioskKey, code])
            #expect(held.end == .exit(0) && held.text.contains(reference))
            let check = ["receipt", "check", "--data", layout.platformData.path, "--format", "json", code]
            let before = try await night.run(layout.executable("platformd"), check)
            #expect(before.end == .exit(0) && before.text.contains("\"held\""))

            try await night.kiosk.network.setOnline(true)
            try await night.delivered(reference)
            let after = try await night.run(layout.executable("platformd"), check)
            #expect(after.end == .exit(0) && after.text.contains("\"accepted\""))
            let acceptance = try #require(after.text.firstMatch(of: /CKA1:[^"]+/)).output
            let key = try await night.run(layout.executable("platformd"), ["receipt", "key", "--data", layout.platformData.path])
            let platformKey = layout.temporary.appending(path: "platform.pub")
            try Data(key.text.utf8).write(to: platformKey)
            let accepted = try await night.run(
                layout.executable("kioskctl"), ["receipt", "check", "--key", platformKey.path, String(acceptance)])
            let application = try #require(try await night.kiosk.officer.applications().first)
            #expect(accepted.end == .exit(0) && accepted.text.contains(application.number))
        }
    }

    @Test func `a damaged packet is set aside, and delivered when its bytes are there again`() async throws {
        try await night { night in
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            let local = night.kiosk.local
            let application = try #require(try await local.queue(state: .waiting).first { $0.kind == "application" })
            #expect(application.reference == reference)
            let name = application.id.uuidString.lowercased() + ".sealed"
            let file = night.kiosk.layout.kioskData.appending(path: "payloads/\(name)")
            let sealed = try Data(contentsOf: file)
            try sealed.dropLast().write(to: file)

            var found = try await local.verifyQueue()
            while found.endedAt == nil { found = try await local.queueVerification() }
            #expect(found.quarantined == [application.id])
            #expect(try await local.queue(state: .quarantined).map(\.id) == [application.id])
            #expect(try await local.status().queue.quarantined == 1)
            // With the network nothing of it is sent: its materials depend on it.
            try await night.kiosk.network.setOnline(true)
            #expect(try await night.kiosk.officer.applications().isEmpty)

            try sealed.write(to: file)
            #expect(try await local.retryQueueItem(application.id).state == .waiting)
            try await night.delivered(reference)
        }
    }

    @Test(arguments: [BenchAction.Process.Signal.KILL, .STOP])
    func `a reader host lost during a read costs a retry, not the session`(signal: BenchAction.Process.Signal) async throws {
        try await night { night in
            try await night.toLayCard()
            // The reply is withheld, so the signal certainly falls into the read.
            night.kiosk.reader.inject(.stall, at: .read, times: 2)
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.screen.waitFor("reading-card")
            let before = try await night.kiosk.local.session().session
            try await night.kiosk.act(BenchAction.Process(name: "reader", signal: signal))
            night.kiosk.reader.clearFaults()
            try await night.notice("restarting.idCardReader", on: "lay-card")
            night.kiosk.reader.lift()
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.screen.waitFor("identity")
            #expect(try await night.kiosk.local.session().session == before)
        }
    }

    @Test(arguments: [BenchAction.Process.Signal.KILL, .STOP])
    func `a scanner host lost during a scan keeps the pages that came through`(signal: BenchAction.Process.Signal) async throws {
        try await night { night in
            try await night.toInsert()
            await night.kiosk.scanner.load(pages: try VirtualKiosk.document(of: night.citizen, pages: 2))
            await night.kiosk.scanner.stall(after: 1)
            try await night.screen.touch(.scan)
            try await night.screen.waitFor("scanning") {
                $0.body.contains(.progress(.key("scanning.body", ["count": "1"]), fraction: nil))
            }
            let before = try await night.kiosk.local.session().session
            try await night.kiosk.act(BenchAction.Process(name: "scanner", signal: signal))
            try await night.notice("restarting.scanner", on: "insert")
            await night.kiosk.scanner.release()
            try await night.notice("checklist.pages", on: "insert")
            try await night.kiosk.waitForKiosk()
            try await night.delivered(try await night.toReceipt())
            #expect(try await night.kiosk.local.session().session == before)
        }
    }

    @Test func `the preview shows the page that was scanned, and nothing once it has been left`() async throws {
        try await night { night in
            try await night.toInsert()
            await night.kiosk.scanner.load(pages: try VirtualKiosk.document(of: night.citizen, pages: 2))
            try await night.screen.touch(.scan)
            let preview = try await night.screen.waitFor("preview")
            let pages = preview.body.flatMap { component -> [Screen.PageThumbnail] in
                if case .pages(let rows) = component { rows } else { [] }
            }
            try #require(pages.count == 2)
            // Both at once, as a browser asks.
            async let first = night.screen.picture(of: pages[0].id)
            async let second = night.screen.picture(of: pages[1].id)
            for jpeg in try await [first, second] {
                let pixels = try ScannerPicture.pixels(of: jpeg).bytes
                let dark = pixels.count { $0 < 96 }
                #expect(dark > pixels.count / 500 && dark < pixels.count / 2, "text on white paper")
            }
            try await night.screen.touch(.exit)
            try await night.screen.waitFor("attract")
            await #expect(throws: Touchscreen.Refused.self) { try await night.screen.picture(of: pages[0].id) }
        }
    }

    @Test func `kioskctl sees the devices and the queue`() async throws {
        try await night { night in
            try await night.toInsert()
            _ = try await night.toReceipt()
            let socket = night.kiosk.layout.controlSocket.path
            for verb in [["status"], ["device", "list"], ["queue", "list"], ["queue", "stats"], ["queue", "verify"], ["session", "show"]] {
                let output = ProcessLog()
                let command = BenchProcess.Command(
                    night.kiosk.layout.executable("kioskctl"), verb + ["--socket", socket, "--format", "json"], environment: [:])
                let child = try await BenchProcess.start(command) { output.append($0, from: "kioskctl") }
                #expect(await child.wait() == .exit(0), "\(verb)")
                let text = String(decoding: output.everything.flatMap(\.bytes), as: UTF8.self)
                let telling = ["list": "digest", "stats": "shares", "verify": "databaseFaults"]
                let word = verb[0] == "queue" ? telling[verb[1]] ?? "" : verb[0] == "session" ? "receipt" : "scanner"
                #expect(text.contains("\"\(word)\""), "\(verb): \(text)")
                for personal in night.citizen.personalTexts { #expect(!text.contains(personal)) }
            }
        }
    }
}
