import KioskModel
import Testing

@testable import KioskFlow

/// What the citizen is told of pages that are hard to read: advice, never a condition.
@Suite struct AdviceTests {
    private let first = PageID("p1")
    private let second = PageID("p2")

    /// At the preview of two pages, of which the second has these flaws.
    private func preview(_ flaws: [PageFlaw]) -> Driver {
        var kiosk = Driver()
        kiosk.toScanning()
        for page in [first, second] {
            let effects = kiosk.send(.pageScanned(kiosk.id(.scan), page))
            #expect(effects.contains(.assess(kiosk.id(.assess), page)))
            kiosk.send(.pageAssessed(kiosk.id(.assess), page, page == second ? flaws : []))
        }
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        return kiosk
    }

    private func thumbnails(_ kiosk: Driver) -> [Screen.PageThumbnail] {
        for case .pages(let rows) in kiosk.flow.screen.body { return rows }
        return []
    }

    @Test func `good pages are shown without a word`() {
        let kiosk = preview([])
        #expect(kiosk.flow.phase == .preview)
        #expect(thumbnails(kiosk).allSatisfy { $0.advice.isEmpty })
        #expect(!kiosk.flow.screen.body.contains { if case .notice = $0 { true } else { false } })
    }

    @Test(arguments: PageFlaw.allCases.filter { $0 != .unreadable }) func `each flaw has its advice, and the page can be kept`(flaw: PageFlaw) {
        var kiosk = preview([flaw])
        let rows = thumbnails(kiosk)
        #expect(rows.map(\.advice) == [[], [.key("flaw.\(flaw.rawValue)")]])
        #expect(kiosk.flow.screen.body.contains(.notice(.attention, .key("preview.flaws"))))
        #expect(kiosk.flow.screen.offers(Touch(.discardPages)), "scanning again is one touch away")
        kiosk.touch(.finishMaterial)
        #expect(kiosk.flow.phase == .checklist)
        #expect(kiosk.flow.visit.pages["proof"] == [first, second])
    }

    @Test func `the gravest flaw comes first`() {
        #expect(thumbnails(preview([.cutOff, .skewed]))[1].advice == [.key("flaw.cutOff"), .key("flaw.skewed")])
    }

    @Test(arguments: [[], [PageFlaw.empty], [.blurred]]) func `any page can be taken away alone`(flaws: [PageFlaw]) {
        var kiosk = preview(flaws)
        #expect(
            thumbnails(kiosk).map { $0.actions.map(\.touch) } == [
                [Touch(.rescanPage, "p1"), Touch(.removePage, "p1")], [Touch(.rescanPage, "p2"), Touch(.removePage, "p2")],
            ])
        #expect(kiosk.touch(.removePage, "p3").isEmpty, "only what is offered")
        #expect(kiosk.touch(.removePage, "p2").first == .discard([second]))
        #expect(kiosk.flow.phase == .preview)
        #expect(kiosk.flow.visit.pages["proof"] == [first])
        #expect(kiosk.flow.visit.flaws[second] == nil)
        #expect(thumbnails(kiosk).count == 1)
    }

    @Test func `without its only page the material is to be scanned`() {
        var kiosk = Driver()
        kiosk.toScanning()
        kiosk.send(.pageScanned(kiosk.id(.scan), first))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        kiosk.send(.pageAssessed(kiosk.id(.assess), first, [.empty]))
        kiosk.touch(.removePage, "p1")
        #expect(kiosk.flow.phase == .insertPages)
        #expect(kiosk.flow.visit.pageCount == 0)
    }

    @Test func `advice that comes late is added, and says so until then`() {
        var kiosk = Driver()
        kiosk.toPreview()
        #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("preview.checking"))))
        let generation = kiosk.flow.timerGeneration
        for (id, kind) in kiosk.flow.pending where kind == .assess { kiosk.send(.pageAssessed(id, first, [.blurred])) }
        #expect(kiosk.flow.timerGeneration == generation, "nobody has touched anything")
        #expect(thumbnails(kiosk)[0].advice == [.key("flaw.blurred")])
    }

    @Test func `a page is scanned again in its place`() {
        var kiosk = preview([])
        #expect(kiosk.touch(.scan) != [] && kiosk.flow.phase == .insertPages)
        kiosk.touch(.scan)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p3")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        kiosk.touch(.rescanPage, "p2")
        #expect(kiosk.flow.phase == .insertPages)
        #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("insert.replace", ["n": "2"]))))
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 1, bothSides: false), "though the material is full")
        #expect(kiosk.flow.visit.pages["proof"] == [first, second, PageID("p3")], "the old one stays until there is a new one")
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.pullOutJammedPage)))
        #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("insert.replace", ["n": "2"]))))
        kiosk.touch(.scan)
        let effects = kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p4")))
        #expect(effects.contains(.discard([second])))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.phase == .preview)
        #expect(kiosk.flow.visit.pages["proof"] == [first, PageID("p4"), PageID("p3")])
    }

    @Test func `a scanner that dies behind the page is asked for that page alone`() {
        var kiosk = preview([])
        kiosk.touch(.rescanPage, "p2")
        kiosk.touch(.scan)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p3")))
        kiosk.send(.failed(kiosk.id(.scan), .fault(DeviceFault(code: "link.host-died", action: .reset, detail: "signal 9"))))
        #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("insert.replace", ["n": "2"]))))
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 1, bothSides: false))
        #expect(kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p4"))).contains(.discard([PageID("p3")])))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.visit.pages["proof"] == [first, PageID("p4")] && kiosk.flow.visit.replacing == nil)
    }

    @Test func `whoever goes back instead keeps the page`() {
        var kiosk = preview([.blurred])
        kiosk.touch(.rescanPage, "p2")
        kiosk.touch(.back)
        #expect(kiosk.flow.phase == .preview && kiosk.flow.visit.replacing == nil)
        #expect(kiosk.flow.visit.pages["proof"] == [first, second])
    }

    @Test func `nobody looks at a page that was dropped`() {
        var kiosk = Driver()
        kiosk.toPreview()
        let looks = kiosk.flow.visit.looking
        #expect(looks.count == 2)
        let effects = kiosk.touch(.removePage, "p1")
        #expect(effects.first == looks[first].map { .cancel($0) })
        #expect(!effects.contains { $0 == looks[second].map { .cancel($0) } })
        #expect(Array(kiosk.flow.pending.keys) == [looks[second]])
        #expect(kiosk.touch(.discardPages).first == looks[second].map { .cancel($0) })
        #expect(kiosk.flow.pending.isEmpty)
    }

    @Test func `a page that can't be opened can't be kept`() {
        var kiosk = Driver()
        kiosk.toPreview()
        let looks = kiosk.flow.visit.looking
        kiosk.send(.pageAssessed(looks[first]!, first, []))
        kiosk.send(.failed(looks[second]!, .remedy(.scanAgain)))
        #expect(thumbnails(kiosk)[1].advice == [.key("flaw.unreadable")])
        #expect(kiosk.flow.screen.body.contains(.notice(.attention, .key("preview.unreadable"))))
        #expect(!kiosk.flow.screen.offers(Touch(.finishMaterial)))
        kiosk.touch(.removePage, "p2")
        #expect(kiosk.flow.screen.offers(Touch(.finishMaterial)))
    }

    @Test func `a worker that can't tell costs the advice alone`() {
        var kiosk = Driver()
        kiosk.toPreview()
        for (id, kind) in kiosk.flow.pending where kind == .assess {
            kiosk.send(.failed(id, .fault(DeviceFault(code: "link.host-died", action: .reset, detail: "signal 9"))))
        }
        #expect(kiosk.flow.phase == .preview)
        #expect(thumbnails(kiosk).count == 2)
    }

    @Test func `what is said of a page that is gone is forgotten`() {
        var kiosk = Driver()
        kiosk.toPreview()
        let ids = kiosk.flow.pending.filter { $0.value == .assess }.map(\.key)
        kiosk.touch(.discardPages)
        for id in ids { kiosk.send(.pageAssessed(id, first, [.empty])) }
        #expect(kiosk.flow.visit.flaws.isEmpty)
    }

    @Test func `a page that only the documents' maker stumbles over can be found`() throws {
        var kiosk = Driver()
        kiosk.toPreview()
        kiosk.send(.pageAssessed(try #require(kiosk.flow.visit.looking[first]), first, []))
        kiosk.touch(.finishMaterial)
        kiosk.touch(.submit)
        kiosk.touch(.confirm)
        let effects = kiosk.send(.failed(kiosk.id(.commit), .remedy(.scanAgain)))
        #expect(kiosk.flow.phase == .review)
        #expect(kiosk.flow.screen.body.first == .notice(.attention, .key("remedy.scanAgain")))
        let look = try #require(kiosk.flow.visit.looking[second], "nobody had looked at it")
        #expect(effects.first == .assess(look, second) && kiosk.flow.visit.looking.count == 1)
        kiosk.send(.failed(look, .remedy(.scanAgain)))
        kiosk.touch(.confirm)
        #expect(kiosk.flow.phase == .checklist && !kiosk.flow.screen.offers(Touch(.submit)), "it would fail again")
        guard case .checklist(let rows)? = kiosk.flow.screen.body.last else { Issue.record("no checklist"); return }
        #expect(rows.first?.detail == .key("checklist.unreadable") && rows.first?.state == .missing)
        kiosk.touch(.chooseMaterial, "proof")
        #expect(thumbnails(kiosk).map(\.advice) == [[], [.key("flaw.unreadable")]])
        kiosk.touch(.removePage, "p2")
        kiosk.touch(.finishMaterial)
        kiosk.touch(.submit)
        #expect(kiosk.flow.screen.tone == .normal, "what was wrong is mended")
        #expect(kiosk.touch(.confirm).contains { if case .commit = $0 { true } else { false } })
    }

    @Test func `nothing is looked at any more once it is submitted`() {
        var kiosk = Driver()
        kiosk.toReview()
        let looking = kiosk.flow.pending.filter { $0.value == .assess }.map(\.key)
        #expect(looking.count == 2)
        let effects = kiosk.touch(.confirm)
        for id in looking { #expect(effects.contains(.cancel(id))) }
        #expect(!kiosk.flow.pending.values.contains(.assess))
    }
}
