import KioskModel
import Testing

@testable import KioskFlow

/// Sheets with two sides: both are scanned unless told otherwise, and an empty back is dropped with a word.
@Suite struct BothSidesTests {
    /// Scanning both sides; each page brought is one side, front before back.
    private func scanning() -> Driver {
        var kiosk = Driver()
        kiosk.toChecklist()
        var able = surroundings
        able.scansBothSides = true
        kiosk.send(.surroundings(able))
        kiosk.touch(.chooseMaterial, "proof")
        kiosk.touch(.scan)
        return kiosk
    }

    private func bring(_ names: String..., to kiosk: inout Driver) {
        for name in names { kiosk.send(.pageScanned(kiosk.id(.scan), PageID(name))) }
        kiosk.send(.scanEnded(kiosk.id(.scan)))
    }

    private func assess(_ name: String, _ flaws: [PageFlaw], _ kiosk: inout Driver) -> [Effect] {
        let page = PageID(name)
        guard let id = kiosk.flow.visit.looking[page] else { return [] }
        return kiosk.send(.pageAssessed(id, page, flaws))
    }

    @Test func `the choice is offered where the scanner has it`() {
        var kiosk = Driver()
        kiosk.toChecklist()
        kiosk.touch(.chooseMaterial, "proof")
        #expect(kiosk.flow.screen.offers(Touch(.scan)) && !kiosk.flow.screen.offers(Touch(.scanFronts)))
        var able = surroundings
        able.scansBothSides = true
        kiosk.send(.surroundings(able))
        #expect(kiosk.flow.screen.actions.first?.label == .key("insert.scanBoth"), "the main one")
        #expect(kiosk.touch(.scanFronts).first == .scan(kiosk.id(.scan), maxPages: 3, bothSides: false))
    }

    @Test func `empty backs are gone before the citizen looks`() {
        var kiosk = scanning()
        #expect(kiosk.effects.contains(.scan(kiosk.id(.scan), maxPages: 6, bothSides: true)), "as many sheets as pages may be kept")
        bring("f1", "b1", "f2", "b2", to: &kiosk)
        #expect(kiosk.flow.phase == .scanning)
        #expect(kiosk.flow.screen.body.contains(.progress(.key("scanning.checking"), fraction: nil)))
        #expect(assess("f1", [.empty], &kiosk) == [], "a front is never dropped")
        #expect(assess("b1", [.empty], &kiosk) == [.discard([PageID("b1")])])
        #expect(kiosk.flow.phase == .scanning)
        #expect(assess("b2", [.blurred], &kiosk) != [])
        #expect(kiosk.flow.phase == .preview)
        #expect(kiosk.flow.visit.pages["proof"] == ["f1", "f2", "b2"].map { PageID($0) })
        #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("preview.emptyBacks", ["count": "1"]))))
        kiosk.touch(.finishMaterial)
        kiosk.touch(.chooseMaterial, "proof")
        #expect(!kiosk.flow.screen.body.contains(.notice(.normal, .key("preview.emptyBacks", ["count": "1"]))), "said once")
    }

    @Test func `more pages than the office takes are for the citizen to sort out`() {
        var kiosk = scanning()
        bring("f1", "b1", "f2", "b2", to: &kiosk)
        for name in ["f1", "b1", "f2", "b2"] { _ = assess(name, [], &kiosk) }
        #expect(kiosk.flow.phase == .preview)
        #expect(kiosk.flow.screen.body.contains(.notice(.attention, .key("preview.tooMany", ["count": "1"]))))
        #expect(!kiosk.flow.screen.offers(Touch(.finishMaterial)) && !kiosk.flow.screen.offers(Touch(.scan)))
        kiosk.touch(.removePage, "b1")
        kiosk.touch(.finishMaterial)
        #expect(kiosk.flow.phase == .checklist && kiosk.flow.visit.pages["proof"]?.count == 3)
    }

    @Test func `a worker that can't tell leaves the backs to the citizen`() {
        var kiosk = scanning()
        bring("f1", "b1", to: &kiosk)
        let fault = DeviceFault(code: "link.host-died", action: .reset, detail: "signal 9")
        for id in kiosk.flow.visit.looking.values { kiosk.send(.failed(id, .fault(fault))) }
        #expect(kiosk.flow.phase == .preview && kiosk.flow.visit.pageCount == 2)

        var silent = scanning()
        bring("f1", "b1", to: &silent)
        _ = silent.timeOut()
        #expect(silent.flow.phase == .preview && silent.flow.visit.pageCount == 2 && silent.flow.visit.problem == nil)
    }

    @Test func `a jam between the sides loses nothing`() {
        var kiosk = scanning()
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("f1")))
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("b1")))
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("f2")))
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.pullOutJammedPage)))
        #expect(kiosk.flow.phase == .insertPages)
        #expect(assess("b1", [.empty], &kiosk) == [.discard([PageID("b1")])])
        #expect(kiosk.flow.phase == .insertPages)
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 2, bothSides: true))
        bring("f3", "b3", to: &kiosk)
        #expect(kiosk.flow.visit.backs == [PageID("b3")], "the sides are counted anew")
    }

    @Test func `backs that nobody has looked at take no place, and what went wrong isn't said for ever`() {
        var kiosk = scanning()
        for name in ["f1", "b1", "f2"] { kiosk.send(.pageScanned(kiosk.id(.scan), PageID(name))) }
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.pullOutJammedPage)))
        #expect(kiosk.flow.screen.body.contains(.paragraph(.key("checklist.maxPages", ["count": "1"]))))
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 2, bothSides: true))

        var full = scanning()
        for name in ["f1", "b1", "f2"] { full.send(.pageScanned(full.id(.scan), PageID(name))) }
        _ = assess("b1", [.blurred], &full)
        full.send(.failed(full.id(.scan), .remedy(.pullOutJammedPage)))
        full.touch(.scan)
        #expect(full.flow.phase == .preview && full.flow.visit.problem == nil, "there is no room for another")
        #expect(full.flow.screen.tone == .normal)
    }

    @Test(arguments: [false, true]) func `whoever goes back after a jam keeps every page of it`(fromCamera: Bool) {
        var kiosk = scanning()
        for name in ["f1", "b1", "f2"] { kiosk.send(.pageScanned(kiosk.id(.scan), PageID(name))) }
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.pullOutJammedPage)))
        if fromCamera { kiosk.touch(.chooseSource, "camera") }
        kiosk.touch(.back)
        #expect(kiosk.flow.phase == .preview)
        kiosk.touch(.rescanPage, "b1")
        #expect(assess("b1", [.empty], &kiosk) == [])
        #expect(kiosk.flow.visit.replacing == PageID("b1") && kiosk.flow.visit.pages["proof"]?.count == 3)
    }

    @Test func `a picture after a jam waits for no side of it`() {
        var kiosk = scanning()
        for name in ["f1", "b1", "f2"] { kiosk.send(.pageScanned(kiosk.id(.scan), PageID(name))) }
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.pullOutJammedPage)))
        kiosk.touch(.chooseSource, "camera")
        kiosk.touch(.takePicture)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p4")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.phase == .preview)
        #expect(assess("b1", [.empty], &kiosk) == [], "no page goes from under the citizen's finger")
        #expect(kiosk.flow.visit.pages["proof"]?.count == 4)
    }

    @Test func `one page that is scanned again is one side`() {
        var kiosk = scanning()
        bring("f1", "b1", to: &kiosk)
        _ = assess("b1", [.blurred], &kiosk)
        kiosk.touch(.rescanPage, "b1")
        #expect(!kiosk.flow.screen.offers(Touch(.scanFronts)))
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 1, bothSides: false))
    }
}
