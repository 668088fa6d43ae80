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
    @Test func `a card laid badly is to be laid flat`() async throws {
        try await Night.with { night in
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
        try await Night.with { night in
            try await night.toLayCard()
            night.kiosk.reader.inject(.cardRemoved, at: .read)
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.notice("remedy.cardRemovedTooEarly", on: "lay-card")
            night.kiosk.reader.lay(SyntheticCard(night.citizen))
            try await night.screen.waitFor("identity")
        }
    }

    @Test func `an empty scanner asks for pages`() async throws {
        try await Night.with { night in
            try await night.toInsert()
            try await night.screen.touch(.scan)
            try await night.notice("remedy.insertPages", on: "insert")
            try await night.delivered(try await night.toReceipt())
        }
    }

    @Test func `a jam is to be pulled out, and the scan goes on`() async throws {
        try await Night.with { night in
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
        try await Night.with { night in
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
        try await Night.with { night in
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            try await night.screen.waitFor("receipt") { $0.body.contains(.notice(.attention, .key("receipt.offline"))) }
            #expect(try await night.kiosk.officer.applications().isEmpty)
            try await night.kiosk.network.setOnline(true)
            try await night.delivered(reference)
        }
    }

    @Test func `a damaged packet is set aside, and delivered when its bytes are there again`() async throws {
        try await Night.with { night in
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
        try await Night.with { night in
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
        try await Night.with { night in
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
        try await Night.with { night in
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
        try await Night.with { night in
            try await night.toInsert()
            _ = try await night.toReceipt()
            let socket = night.kiosk.layout.controlSocket.path
            for verb in [["status"], ["device", "list"], ["queue", "list"], ["queue", "stats"], ["queue", "verify"], ["session", "show"]] {
                let text = try await night.run("kioskctl", verb + ["--socket", socket, "--format", "json"])
                let telling = ["list": "digest", "stats": "shares", "verify": "databaseFaults"]
                let word = verb[0] == "queue" ? telling[verb[1]] ?? "" : verb[0] == "session" ? "receipt" : "scanner"
                #expect(text.contains("\"\(word)\""), "\(verb): \(text)")
                for personal in night.citizen.personalTexts { #expect(!text.contains(personal)) }
            }
        }
    }
}
