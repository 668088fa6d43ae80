import DeviceLink
import Foundation
import Synchronization
import KioskFlow
import KioskModel
import LocalAPI
import PlatformAPI
import Testing

@testable import KioskRuntime

@Suite(.timeLimit(.minutes(1))) struct SessionEngineTests {
    static let image = PageImage(index: 0, format: .gray8, width: 2, height: 2, bytesPerRow: 2, resolution: 200)

    @Test func `a double tap never reaches the next screen`() async throws {
        let kiosk = try ScriptedKiosk()
        let first = await kiosk.engine.current
        let tap = TouchEvent(session: first.session, revision: first.revision, touch: Touch(.start))
        try await kiosk.engine.touch(tap)
        await #expect(throws: LocalProblem(status: 409, code: "touch.stale", detail: "The screen has changed; the newest one is on its way.")) {
            try await kiosk.engine.touch(tap)
        }
        #expect(await kiosk.engine.current.screen.name == "menu")
    }

    @Test func `a touch that the screen doesn't offer is refused`() async throws {
        let kiosk = try ScriptedKiosk()
        await #expect(throws: LocalProblem.self) { try await kiosk.touch(.confirm) }
        #expect(await kiosk.engine.current.screen.name == "attract")
    }

    @Test func `the story leaves sealed packets that the platform can open, and nothing else`() async throws {
        let kiosk = try ScriptedKiosk()
        let first = await kiosk.engine.current
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let pdf = Data("%PDF-1.7 one page".utf8)

        try await kiosk.touch(.start)
        try await kiosk.touch(.chooseJourney, "upload")
        let read = try #require(await calls.next())
        #expect(read.command == .readCard(fingerprints: false) && read.name == "reader")
        read.progress(.cardFound, [])
        _ = await kiosk.screen("reading-card")
        read.answer(DeviceOutcome(completion: .success(.card(testCard))))
        let scan = try await kiosk.toScan(&calls)
        for index in 0..<2 {
            scan.progress(.page(Self.image), [try MemoryFile.copying([UInt8](repeating: UInt8(index), count: 4))])
        }
        scan.answer(DeviceOutcome(completion: .success(.scanned(pages: 2))))
        let preview = await kiosk.screen("preview")
        guard case .pages(let thumbnails) = preview.screen.body.last else { Issue.record("no thumbnails"); return }
        #expect(thumbnails.count == 2)
        for _ in 0..<2 {
            let assess = try #require(await calls.next())
            guard case .assessPage = assess.command else { Issue.record("\(assess.command)"); return }
            let quality = PageQuality(flaws: [.blurred], sharpness: 0.1, skew: 0, brightness: 0.9, coverage: 0.2)
            assess.answer(DeviceOutcome(completion: .success(.quality(quality))))
        }
        for await update in await kiosk.engine.updates() {
            if case .pages(let rows)? = update.screen.body.last, rows.allSatisfy({ !$0.advice.isEmpty }) { break }
        }

        async let jpeg = kiosk.engine.preview(thumbnails[0].id)
        let render = try #require(await calls.next())
        let info = DocumentInfo(mediaType: "image/jpeg", byteCount: 3, pageCount: 1)
        render.answer(DeviceOutcome(completion: .success(.document(info)), files: [try MemoryFile.copying([1, 2, 3])]))
        #expect(try await jpeg == Data([1, 2, 3]))

        try await kiosk.touch(.finishMaterial)
        try await kiosk.touch(.submit)
        try await kiosk.touch(.confirm)
        let assemble = try #require(await calls.next())
        guard case .assemblePDF(let request) = assemble.command else { Issue.record("\(assemble.command)"); return }
        #expect(request.pages.count == 2)
        let document = DocumentInfo(mediaType: "application/pdf", byteCount: pdf.count, pageCount: 2)
        assemble.answer(DeviceOutcome(completion: .success(.document(document)), files: [try MemoryFile.copying(pdf)]))
        let receipt = await kiosk.screen("receipt")
        #expect(try await kiosk.engine.preview(thumbnails[0].id) == nil, "the pages are gone once they are sealed")

        // Receipt: drawn, then printed.
        let draw = try #require(await calls.next())
        guard case .renderReceipt(let content) = draw.command else { Issue.record("\(draw.command)"); return }
        let said = ([content.title, content.footer] + content.lines.flatMap { [$0.label, $0.value] }).joined()
        #expect(!said.contains("测试员") && !said.contains("999999"), "a receipt left behind gives nobody away")
        draw.answer(DeviceOutcome(completion: .success(.document(document)), files: [try MemoryFile.copying(pdf)]))
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.printed(sheets: 1))))
        while !(await kiosk.engine.current.screen.offers(Touch(.done))) { await Task.yield() }
        try await kiosk.touch(.done)
        let idle = await kiosk.screen("attract")
        #expect(idle.session != first.session && receipt.session == first.session)

        // What the platform will find.
        let packets = kiosk.store.packets.withLock { $0 }
        #expect(packets.map(\.draft.kind) == [.application, .material])
        #expect(packets[1].draft.dependsOn == packets[0].draft.id)
        for packet in packets {
            #expect(packet.sealed.range(of: Data("测试员".utf8)) == nil && packet.sealed.range(of: Data("%PDF".utf8)) == nil)
        }
    }

    @Test func `who finishes before a queue without room is told so, nothing of them stays, and the next one is served`() async throws {
        let kiosk = try ScriptedKiosk(store: FullStore())
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let scan = try await kiosk.fromStartToScan(&calls)
        scan.progress(.page(Self.image), [try MemoryFile.copying([1, 2, 3, 4])])
        scan.answer(DeviceOutcome(completion: .success(.scanned(pages: 1))))
        guard case .pages(let thumbnails) = await kiosk.screen("preview").screen.body.last else { Issue.record("no thumbnails"); return }
        let assess = try #require(await calls.next())
        guard case .assessPage = assess.command else { Issue.record("\(assess.command)"); return }
        assess.answer(
            DeviceOutcome(completion: .success(.quality(PageQuality(flaws: [], sharpness: 1, skew: 0, brightness: 0.9, coverage: 0.2)))))
        // Till then the screen may change under a touch.
        for await update in await kiosk.engine.updates() where !update.screen.body.contains(.notice(.normal, .key("preview.checking"))) { break }
        // A journey that was begun goes on.
        await kiosk.engine.surroundingsChanged {
            $0.hasRoom = false
            $0.frozen = [.upload]
        }
        try await kiosk.touch(.finishMaterial)
        try await kiosk.touch(.submit)
        try await kiosk.touch(.confirm)
        let assemble = try #require(await calls.next())
        guard case .assemblePDF = assemble.command else { Issue.record("\(assemble.command)"); return }
        let pdf = Data("%PDF-1.7 one page".utf8)
        let document = DocumentInfo(mediaType: "application/pdf", byteCount: pdf.count, pageCount: 1)
        assemble.answer(DeviceOutcome(completion: .success(.document(document)), files: [try MemoryFile.copying(pdf)]))
        #expect(await kiosk.screen("fault").screen.body.first == .notice(.problem, .key("fault.storage")))
        #expect(try await kiosk.engine.preview(thumbnails[0].id) == nil, "the page is gone")
        try await kiosk.touch(.exit)
        _ = await kiosk.screen("attract")
        try await kiosk.touch(.start)
        #expect(await !kiosk.engine.current.screen.offers(Touch(.chooseJourney, "upload")))
        await kiosk.engine.surroundingsChanged {
            $0.hasRoom = true
            $0.frozen = []
        }
        #expect(await kiosk.engine.current.screen.offers(Touch(.chooseJourney, "upload")))
    }

    @Test func `an exit in the middle of a scan lets every page go`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let scan = try await kiosk.fromStartToScan(&calls)
        scan.progress(.page(Self.image), [try MemoryFile.copying([1, 2, 3, 4])])
        while await kiosk.engine.pages.isEmpty { await Task.yield() }
        try await kiosk.touch(.exit)
        _ = await kiosk.screen("attract")
        #expect(await kiosk.engine.pages.isEmpty)
        scan.progress(.page(Self.image), [try MemoryFile.copying([1, 2, 3, 4])])
        scan.answer(DeviceOutcome(completion: .success(.scanned(pages: 2))))
        #expect(await kiosk.engine.pages.isEmpty)
        #expect(await kiosk.engine.current.screen.name == "attract")
    }

    @Test func `a preview waits for one assessment at most, and a page that is dropped for none`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let scan = try await kiosk.fromStartToScan(&calls)
        for index in 0..<3 { scan.progress(.page(Self.image), [try MemoryFile.copying([UInt8](repeating: UInt8(index), count: 4))]) }
        scan.answer(DeviceOutcome(completion: .success(.scanned(pages: 3))))
        let preview = await kiosk.screen("preview")
        guard case .pages(let thumbnails) = preview.screen.body.last else { Issue.record("no thumbnails"); return }
        let first = try #require(await calls.next())
        guard case .assessPage = first.command else { Issue.record("\(first.command)"); return }
        // The other two assessments wait in the session, so that this is the next that the worker is asked.
        async let jpeg = kiosk.engine.preview(thumbnails[2].id)
        let render = try #require(await calls.next())
        guard case .renderPreview = render.command else { Issue.record("\(render.command)"); return }
        let info = DocumentInfo(mediaType: "image/jpeg", byteCount: 3, pageCount: 1)
        render.answer(DeviceOutcome(completion: .success(.document(info)), files: [try MemoryFile.copying([1, 2, 3])]))
        #expect(try await jpeg == Data([1, 2, 3]))

        try await kiosk.touch(.removePage, thumbnails[1].id)
        let good = PageQuality(flaws: [], sharpness: 1, skew: 0, brightness: 0.9, coverage: 0.2)
        first.answer(DeviceOutcome(completion: .fault(DeviceFault(code: "link.host-died", action: .reset, detail: "signal 9"))))
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.quality(good))))
        let last = try #require(await calls.next())
        guard case .assessPage = last.command else { Issue.record("\(last.command)"); return }
        last.answer(DeviceOutcome(completion: .success(.quality(good))))
        let isChecking = Screen.Component.notice(.normal, .key("preview.checking"))
        for await update in await kiosk.engine.updates() where !update.screen.body.contains(isChecking) { break }
        #expect(await kiosk.engine.current.screen.name == "preview")
    }

    @Test func `an exit ends a preview that is being rendered before the session is wiped`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let scan = try await kiosk.fromStartToScan(&calls)
        scan.progress(.page(Self.image), [try MemoryFile.copying([1, 2, 3, 4])])
        scan.answer(DeviceOutcome(completion: .success(.scanned(pages: 1))))
        guard case .pages(let thumbnails) = await kiosk.screen("preview").screen.body.last else { Issue.record("no thumbnails"); return }
        _ = try #require(await calls.next())
        async let jpeg = kiosk.engine.preview(thumbnails[0].id)
        _ = try #require(await calls.next())
        try await kiosk.touch(.exit)
        _ = await kiosk.screen("attract")
        // Nobody answers the worker's command: what ends it is the wipe.
        #expect(try await jpeg == nil)
    }

    @Test func `a card that stays on the reader is waited for, slice after slice`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        try await kiosk.touch(.start)
        try await kiosk.touch(.chooseJourney, "upload")
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.card(testCard))))
        _ = await kiosk.screen("identity")
        try await kiosk.touch(.confirm)
        try #require(await calls.next()).answer(DeviceOutcome(completion: .fault(.deadlinePassed)))
        let again = try #require(await calls.next())
        #expect(again.command == .awaitCardRemoval)
        #expect(await kiosk.engine.current.screen.name == "take-card")
        again.answer(DeviceOutcome(completion: .success(.done)))
        _ = await kiosk.screen("items")
    }

    @Test func `nobody is let in while something of the citizen before still runs`() async throws {
        let stubborn = StubbornDevices()
        let kiosk = try ScriptedKiosk(runner: stubborn)
        try await kiosk.touch(.start)
        try await kiosk.touch(.chooseJourney, "upload")
        let read = try #require(await stubborn.calls.first { _ in true })
        try await kiosk.touch(.exit)
        // Long enough for a wipe that doesn't wait to be over: every task that is ready gets many turns.
        for _ in 0..<1000 { await Task.yield() }
        #expect(await kiosk.engine.current.screen.name == "wiping")
        read.resume(returning: DeviceOutcome(completion: .cancelled))
        _ = await kiosk.screen("attract")
    }

    @Test func `the picture is there as soon as the screen that names it, and its frames come to who looked first`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        _ = try await kiosk.toCamera(&calls)
        try await kiosk.touch(.chooseSource, "scanner")
        let view = try #require(try await kiosk.engine.lookAtOnce(Touch(.chooseSource, "camera")))
        let look = try #require(await calls.next())
        look.progress(.frame(CameraFrame(sequence: 3, width: 8, height: 8)), [try MemoryFile.make(capacity: 4) { _ in 4 }])
        #expect(await view.next()?.sequence == 3)
    }

    @Test func `references are readable and carry the day`() throws {
        let reference = SessionEngine.reference(kiosk: "kiosk-1", at: Date(timeIntervalSince1970: 1_795_226_400))
        #expect(reference.wholeMatch(of: /kiosk-1-2026112[01]-[0-9]{7}/) != nil, "\(reference)")
    }
}
