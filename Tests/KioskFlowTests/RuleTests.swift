import Foundation
import KioskModel
import SeededRandom
import Testing

@testable import KioskFlow

/// The rules that hold whatever comes, in whatever order.
@Suite struct RuleTests {
    @Test func `late, repeated and foreign completions change nothing`() {
        var kiosk = Driver()
        kiosk.toLayCard()
        let old = kiosk.id(.readCard)
        kiosk.touch(.back)
        let before = kiosk.flow
        for event: Event in [
            .cardRead(old, citizen, today: today), .cardFound(old), .failed(old, .storage), .cardRemoved(old), .scanEnded(old), .printed(old),
            .wiped(old), .committed(old, receipt), .cardRead(EffectID(999), citizen, today: today),
        ] {
            kiosk.send(event)
            #expect(kiosk.flow == before, "\(event)")
        }
    }

    @Test func `a page that comes after its scan was left is let go`() {
        var kiosk = Driver()
        kiosk.toScanning()
        let scan = kiosk.id(.scan)
        kiosk.touch(.exit)
        #expect(kiosk.send(.pageScanned(scan, PageID("late"))) == [.discard([PageID("late")])])
    }

    @Test func `an idle citizen is warned, can stay, and is otherwise wiped`() {
        var kiosk = Driver()
        kiosk.toChecklist()
        for _ in 1...12 {
            #expect(kiosk.timeOut() == [.startTimer(generation: kiosk.flow.timerGeneration, seconds: Limits.idleWarning)])
            #expect(kiosk.flow.screen.countdown?.seconds == 30)
            kiosk.touch(.extend)
            #expect(kiosk.flow.screen.countdown == nil)
            #expect(kiosk.flow.phase == .checklist)
        }
        _ = kiosk.timeOut()
        _ = kiosk.timeOut()
        #expect(kiosk.flow.phase == .wiping(attempt: 1))
        #expect(kiosk.flow.visit.card == nil, "personal data leaves the state, and so the screen, at once")
    }

    @Test func `an old timer has no effect`() {
        var kiosk = Driver()
        kiosk.toChecklist()
        let old = kiosk.flow.timerGeneration
        kiosk.touch(.help)
        let before = kiosk.flow
        kiosk.send(.timer(old))
        #expect(kiosk.flow == before)
    }

    @Test func `a wipe that can't be confirmed closes the kiosk until one is`() {
        var kiosk = Driver()
        kiosk.toChecklist()
        kiosk.touch(.exit)
        kiosk.send(.failed(kiosk.id(.wipe), .storage))
        #expect(kiosk.flow.phase == .wiping(attempt: 2))
        _ = kiosk.timeOut()
        #expect(kiosk.flow.phase == .wiping(attempt: 3))
        kiosk.send(.failed(kiosk.id(.wipe), .storage))
        #expect(kiosk.flow.phase == .outOfService)
        kiosk.touch(.start)
        #expect(kiosk.flow.phase == .outOfService)
        _ = kiosk.timeOut()
        #expect(kiosk.flow.phase == .wiping(attempt: 1))
        kiosk.send(.wiped(kiosk.id(.wipe)))
        #expect(kiosk.flow.phase == .attract)
    }

    @Test func `when the battery is about to end nobody is let in, and who is here may finish`() {
        var closing = surroundings
        closing.isClosing = true
        var idle = Driver()
        idle.send(.surroundings(closing))
        #expect(idle.flow.phase == .closed && idle.flow.screen.name == "closed" && !idle.flow.screen.offers(Touch(.start)))
        idle.touch(.start)
        #expect(idle.flow.phase == .closed)
        idle.send(.surroundings(surroundings))
        #expect(idle.flow.phase == .attract, "the mains are back")

        var visited = Driver()
        visited.toChecklist()
        let before = visited.flow
        #expect(visited.send(.surroundings(closing)) == [])
        #expect(visited.flow.phase == before.phase && visited.flow.visit == before.visit && visited.flow.timerGeneration == before.timerGeneration)
        visited.touch(.exit)
        visited.send(.wiped(visited.id(.wipe)))
        #expect(visited.flow.phase == .closed && visited.flow.visit == Visit())

        var started = Flow(surroundings: closing)
        #expect(started.phase == .closed && started.handle(.timer(started.timerGeneration)) == [])
    }

    @Test func `where nothing can be kept nobody is let scan`() throws {
        var kiosk = Driver()
        kiosk.touch(.start)
        var new = surroundings
        new.canStore = false
        kiosk.send(.surroundings(new))
        #expect(!kiosk.flow.screen.offers(Touch(.chooseJourney, "upload")))
        guard case .choice(let rows)? = kiosk.flow.screen.body.first else { Issue.record("no choice"); return }
        #expect(rows.map(\.unavailable) == [.key("menu.upload.noStorage")])
        kiosk.send(.surroundings(surroundings))
        #expect(kiosk.flow.screen.offers(Touch(.chooseJourney, "upload")))
    }

    @Test func `without room, or away from the platform for too long, none begins, each with its own word`() throws {
        for (change, word) in [
            ({ $0.hasRoom = false }, "menu.upload.full"), ({ $0.frozen = [.upload] }, "menu.upload.frozen"),
            (
                {
                    $0.hasRoom = false
                    $0.frozen = [.upload]
                }, "menu.upload.frozen"
            ),
        ] as [((inout Surroundings) -> Void, String)] {
            var kiosk = Driver()
            var new = surroundings
            change(&new)
            kiosk.send(.surroundings(new))
            #expect(kiosk.flow.phase == .attract && kiosk.flow.screen.offers(Touch(.start)), "the first screen says so")
            #expect(kiosk.flow.screen.body.contains(.notice(.attention, .key(word))))
            // Not that documents are kept until the network is back.
            new.platformReachable = false
            kiosk.send(.surroundings(new))
            #expect(!kiosk.flow.screen.body.contains(.notice(.attention, .key("attract.offline"))))
            kiosk.touch(.start)
            #expect(!kiosk.flow.screen.offers(Touch(.chooseJourney, "upload")))
            guard case .choice(let rows)? = kiosk.flow.screen.body.first else { Issue.record("no choice"); return }
            #expect(rows.map(\.unavailable) == [.key(word)])
            kiosk.touch(.chooseJourney, "upload")
            #expect(kiosk.flow.phase == .menu)
            kiosk.send(.surroundings(surroundings))
            kiosk.touch(.chooseJourney, "upload")
            #expect(kiosk.flow.phase == .layCard)
        }
    }

    @Test func `who is in a journey finishes it whatever the queue's limits say`() {
        var kiosk = Driver()
        kiosk.toPreview()
        var new = surroundings
        new.hasRoom = false
        new.frozen = Set(Journey.allCases)
        kiosk.send(.surroundings(new))
        kiosk.touch(.finishMaterial)
        kiosk.touch(.submit)
        kiosk.touch(.confirm)
        #expect(kiosk.flow.phase == .committing)
        var refused = kiosk
        kiosk.send(.committed(kiosk.id(.commit), receipt))
        #expect(kiosk.flow.phase == .receipt)
        // There was no room for it after all.
        refused.send(.failed(refused.id(.commit), .storage))
        #expect(refused.flow.phase == .stopped(.storage))
        #expect(refused.flow.screen.body.first == .notice(.problem, .key("fault.storage")))
    }

    @Test func `who is here on battery is told, and no journey is begun that can't be ended`() throws {
        var kiosk = Driver()
        kiosk.touch(.start)
        var new = surroundings
        new.isOnBattery = true
        kiosk.send(.surroundings(new))
        #expect(kiosk.flow.screen.body.first == .notice(.normal, .key("power.battery")))
        #expect(kiosk.flow.screen.offers(Touch(.chooseJourney, "upload")))
        new.isClosing = true
        kiosk.send(.surroundings(new))
        #expect(!kiosk.flow.screen.offers(Touch(.chooseJourney, "upload")))
        guard case .choice(let rows)? = kiosk.flow.screen.body.first else { Issue.record("no choice"); return }
        #expect(rows.map(\.unavailable) == [.key("menu.upload.closing")])
        kiosk.send(.surroundings(surroundings))
        kiosk.touch(.chooseJourney, "upload")
        kiosk.send(.failed(kiosk.id(.readCard), .remedy(.layCardFlat)))
        kiosk.send(.surroundings(new))
        let notices = kiosk.flow.screen.body.prefix { if case .notice = $0 { true } else { false } }
        #expect(notices == [.notice(.attention, .key("remedy.layCardFlat")), .notice(.attention, .key("power.closing"))])
    }

    @Test func `wherever something is left to do the battery is spoken of`() {
        let ways: [(Phase, (inout Driver) -> Void)] = [
            (.attract, { _ in }), (.menu, { $0.touch(.start) }), (.layCard, { $0.toLayCard() }), (.confirmIdentity, { $0.toIdentity() }),
            (.checklist, { $0.toChecklist() }), (.preview, { $0.toPreview() }), (.review, { $0.toReview() }),
            (
                .chooseItem,
                {
                    $0.toChecklist()
                    $0.touch(.back)
                }
            ),
            (
                .insertPages,
                {
                    $0.toChecklist()
                    $0.touch(.chooseMaterial, "proof")
                }
            ),
            (
                .layPage,
                {
                    $0.toChecklist()
                    $0.touch(.chooseMaterial, "proof")
                    $0.touch(.chooseSource, "camera")
                }
            ),
        ]
        for (phase, way) in ways {
            var kiosk = Driver()
            way(&kiosk)
            #expect(kiosk.flow.phase == phase)
            var new = surroundings
            new.isOnBattery = true
            kiosk.send(.surroundings(new))
            #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("power.battery"))), "\(phase)")
            new.isClosing = true
            kiosk.send(.surroundings(new))
            // Idle it closes, and the menu says it in its only row.
            let isSaidOtherwise = phase == .attract || phase == .menu
            #expect(kiosk.flow.screen.body.contains(.notice(.attention, .key("power.closing"))) != isSaidOtherwise, "\(phase)")
        }
    }

    @Test func `a kiosk that lets nobody in speaks every language, and forgets it`() {
        var closing = surroundings
        closing.isClosing = true
        var kiosk = Driver()
        kiosk.send(.surroundings(closing))
        kiosk.touch(.chooseLanguage, "en")
        #expect(kiosk.flow.phase == .closed && kiosk.flow.screen.language == .english)
        _ = kiosk.timeOut()
        #expect(kiosk.flow.phase == .closed && kiosk.flow.screen.language == .simplifiedChinese)

        var broken = Driver()
        broken.toChecklist()
        broken.touch(.exit)
        for _ in 1...Limits.wipeAttempts { broken.send(.failed(broken.id(.wipe), .storage)) }
        let generation = broken.flow.timerGeneration
        #expect(broken.touch(.chooseLanguage, "en") == [] && broken.flow.timerGeneration == generation, "the next try isn't put off")
        #expect(broken.flow.phase == .outOfService && broken.flow.screen.language == .english)
        _ = broken.timeOut()
        #expect(broken.flow.phase == .wiping(attempt: 1) && broken.flow.screen.language == .simplifiedChinese)
    }

    /// 400 random visits of 120 events each. After every event: each phase has a running timer, idle is reached by the wipe alone, a commit comes
    /// from the review alone, no personal value stands on a screen that doesn't need it, and time alone leads back to idle.
    @Test func `random visits keep every rule`() throws {
        var generator = SeededGenerator(seed: 20261121)
        var seen: Set<String> = []
        var wipes = 0
        for visit in 0..<400 {
            var around = surroundings
            around.scansBothSides = visit % 2 == 1
            var flow = Flow(surroundings: around)
            var timerFor = -1
            for step in 0..<120 {
                let event = Self.randomEvent(for: flow, step: step, &generator)
                let before = flow
                let effects = flow.handle(event)
                seen.insert("\(flow.phase)")
                for effect in effects {
                    if case .startTimer(let generation, _) = effect { timerFor = generation }
                    if case .commit = effect { #expect(before.phase == .review) }
                }
                #expect(flow.isIdle || timerFor == flow.timerGeneration, "no timer in \(flow.phase)")
                if flow.isIdle, !before.isIdle {
                    #expect((flow.phase == .closed) == flow.surroundings.isClosing)
                    wipes += 1
                    guard case .wiping = before.phase else { Issue.record("idle reached from \(before.phase)"); return }
                    #expect(flow.visit == Visit() && flow.pending.isEmpty)
                }
                if ![.confirmIdentity, .review].contains(flow.phase) || flow.visit.helpOpen {
                    let shown = try String(decoding: JSONEncoder().encode(flow.screen), as: UTF8.self)
                    #expect(!shown.contains("测") && !shown.contains(citizen.number.reveal.masked))
                }
                let full = try String(decoding: JSONEncoder().encode(flow.screen), as: UTF8.self)
                #expect(!full.contains(citizen.name.reveal) && !full.contains(citizen.number.reveal.value))
                #expect(flow.phase != .preview || flow.visit.backs.isEmpty, "no page goes by itself while the citizen looks")
                #expect(flow.visit.replacing.map { flow.currentPages.contains($0) } != false, "what is to be replaced is there")
                #expect(flow.phase != .takingPicture || flow.pending.values.contains(.scan), "nobody waits for a picture that has come")
                #expect((flow.phase == .layPage) == flow.pending.values.contains(.showCamera), "the camera shows where it is seen, and nowhere else")
                #expect(Self.leadsHome(flow), "time alone doesn't lead home from \(flow.phase)")
            }
        }
        #expect(wipes > 100)
        #expect(seen.count >= 18, "reached: \(seen.sorted())")
    }

    /// Only timers and the wipe's confirmation, and the kiosk is idle within a few steps.
    private static func leadsHome(_ start: Flow) -> Bool {
        var flow = start
        for _ in 0..<(Limits.failedReads * 3 + 8) {
            if flow.isIdle { return true }
            if let wipe = flow.pending.first(where: { $0.value == .wipe }) {
                _ = flow.handle(.wiped(wipe.key))
            } else {
                _ = flow.handle(.timer(flow.timerGeneration))
            }
        }
        return flow.isIdle
    }

    private static func randomEvent(for flow: Flow, step: Int, _ generator: inout SeededGenerator) -> Event {
        let screen = flow.screen
        var offered = screen.actions.map(\.touch)
        for component in screen.body {
            if case .choice(let rows) = component { offered += rows.map(\.touch) }
            if case .checklist(let rows) = component { offered += rows.compactMap(\.touch) }
            if case .pages(let rows) = component { offered += rows.flatMap { $0.actions.map(\.touch) } }
        }
        // Leaving and what undoes pages are drawn rarely, or no walk would get far.
        if generator.next() % 8 != 0 { offered.removeAll { $0.kind == .exit } }
        if generator.next() % 8 != 0 { offered.removeAll { [.discardPages, .removePage, .rescanPage].contains($0.kind) } }
        let pending = flow.pending.sorted { $0.key.value < $1.key.value }
        switch generator.next() % 20 {
        case 0: return .timer(flow.timerGeneration)
        case 1: return .timer(flow.timerGeneration - 1)
        // The mains fail rarely and soon come back, or no walk would get far.
        case 19 where flow.surroundings.isClosing || generator.next() % 24 == 0:
            var new = flow.surroundings
            new.isClosing.toggle()
            new.isOnBattery = new.isClosing
            new.scansBothSides.toggle()
            return .surroundings(new)
        case 2: return .touch(Touch(Touch.Kind.allCases.randomElement(using: &generator) ?? .exit, item.code))
        case 3...11 where !pending.isEmpty:
            guard let (id, kind) = pending.randomElement(using: &generator) else { return .timer(0) }
            if generator.next() % 6 == 0 {
                let failures: [Failure] = [.remedy(.layCardFlat), .storage, .fault(DeviceFault(code: "x.y", action: .reset, detail: ""))]
                return .failed(id, failures.randomElement(using: &generator) ?? .storage)
            }
            switch kind {
            case .readCard: return generator.next() % 2 == 0 ? .cardFound(id) : .cardRead(id, citizen, today: today)
            case .awaitCardRemoval: return .cardRemoved(id)
            case .scan: return generator.next() % 2 == 0 ? .pageScanned(id, PageID("p\(step)")) : .scanEnded(id)
            case .showCamera: return .cameraShows(id)
            case .assess:
                let page = flow.visit.pages.values.joined().randomElement(using: &generator) ?? PageID("gone")
                return .pageAssessed(id, page, generator.next() % 2 == 0 ? [] : [.empty, .skewed])
            case .commit: return .committed(id, receipt)
            case .printReceipt: return .printed(id)
            case .wipe: return .wiped(id)
            }
        default: return .touch(offered.randomElement(using: &generator) ?? Touch(.start))
        }
    }
}
