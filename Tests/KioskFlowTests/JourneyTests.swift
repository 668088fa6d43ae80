import KioskModel
import Testing

@testable import KioskFlow

@Suite struct JourneyTests {
    @Test func `the whole story ends in a receipt and a wipe`() {
        var kiosk = Driver()
        #expect(kiosk.flow.phase == .attract)
        kiosk.touch(.start)
        #expect(kiosk.flow.phase == .menu)
        kiosk.touch(.chooseJourney, "upload")
        #expect(kiosk.flow.phase == .layCard)
        kiosk.send(.cardFound(kiosk.id(.readCard)))
        #expect(kiosk.flow.phase == .readingCard)
        kiosk.send(.cardRead(kiosk.id(.readCard), citizen, today: today))
        #expect(kiosk.flow.phase == .confirmIdentity)
        kiosk.touch(.confirm)
        #expect(kiosk.flow.phase == .takeCard)
        kiosk.send(.cardRemoved(kiosk.id(.awaitCardRemoval)))
        #expect(kiosk.flow.phase == .chooseItem)
        kiosk.touch(.chooseItem, item.code)
        #expect(kiosk.flow.phase == .checklist)
        kiosk.touch(.chooseMaterial, "proof")
        #expect(kiosk.flow.phase == .insertPages)
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 3, bothSides: false))
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p1")))
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p2")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.phase == .preview)
        kiosk.touch(.finishMaterial)
        kiosk.touch(.submit)
        #expect(kiosk.flow.phase == .review)
        let asked = kiosk.touch(.confirm)
        let submission = Submission(
            item: item, applicant: citizen, materials: [.init(requirement: "proof", pages: [PageID("p1"), PageID("p2")])])
        #expect(asked.first == .commit(kiosk.id(.commit), submission))
        let done = kiosk.send(.committed(kiosk.id(.commit), receipt))
        #expect(done.first == .discard([PageID("p1"), PageID("p2")]))
        #expect(kiosk.flow.visit.card == nil, "the card's data goes as soon as it is sealed")
        kiosk.send(.printed(kiosk.id(.printReceipt)))
        kiosk.touch(.done)
        #expect(kiosk.flow.phase == .wiping(attempt: 1))
        kiosk.send(.wiped(kiosk.id(.wipe)))
        #expect(kiosk.flow.phase == .attract)
        #expect(kiosk.flow.visit == Visit())
        #expect(kiosk.flow.pending.isEmpty)
    }

    @Test(arguments: CitizenRemedy.allCases)
    func `a failed read says what to do and waits for the card again`(remedy: CitizenRemedy) throws {
        var kiosk = Driver()
        kiosk.toLayCard()
        let first = kiosk.id(.readCard)
        kiosk.send(.failed(first, .remedy(remedy)))
        #expect(kiosk.flow.phase == .layCard)
        #expect(kiosk.id(.readCard) != first)
        #expect(kiosk.flow.screen.body.first == .notice(.attention, .key("remedy.\(remedy.rawValue)")))
    }

    @Test func `too many failed reads in a row end the journey`() {
        var kiosk = Driver()
        kiosk.toLayCard()
        for _ in 1..<Limits.failedReads {
            kiosk.send(.failed(kiosk.id(.readCard), .remedy(.layCardFlat)))
            #expect(kiosk.flow.phase == .layCard)
        }
        kiosk.send(.failed(kiosk.id(.readCard), .remedy(.layCardFlat)))
        #expect(kiosk.flow.phase == .stopped(.card))
        kiosk.touch(.exit)
        #expect(kiosk.flow.phase == .wiping(attempt: 1))
    }

    @Test func `a reader that dies costs a retry, not the session`() {
        var kiosk = Driver()
        kiosk.toLayCard()
        kiosk.send(.cardFound(kiosk.id(.readCard)))
        kiosk.send(.failed(kiosk.id(.readCard), .fault(DeviceFault(code: "link.host-died", action: .reset, detail: "signal 9"))))
        #expect(kiosk.flow.phase == .layCard)
        #expect(kiosk.flow.screen.body.first == .notice(.attention, .key("restarting.idCardReader")))
        kiosk.send(.cardRead(kiosk.id(.readCard), citizen, today: today))
        #expect(kiosk.flow.phase == .confirmIdentity)
        #expect(kiosk.flow.visit.problem == nil)
    }

    @Test func `an expired card is not accepted`() {
        var kiosk = Driver()
        kiosk.toLayCard()
        var expired = citizen
        expired.validity = .init(from: CivilDate(year: 2000, month: 1, day: 1)!, until: CivilDate(year: 2026, month: 11, day: 20)!)
        kiosk.send(.cardRead(kiosk.id(.readCard), expired, today: today))
        #expect(kiosk.flow.phase == .layCard)
        #expect(kiosk.flow.visit.card == nil)
        #expect(kiosk.flow.visit.problem == .remedy(.cardExpired))
    }

    @Test func `a jam keeps the pages that came through`() {
        var kiosk = Driver()
        kiosk.toScanning()
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p1")))
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.pullOutJammedPage)))
        #expect(kiosk.flow.phase == .insertPages)
        #expect(kiosk.flow.screen.body.first == .notice(.attention, .key("remedy.pullOutJammedPage")))
        #expect(kiosk.touch(.scan).first == .scan(kiosk.id(.scan), maxPages: 2, bothSides: false))
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p2")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.visit.pages["proof"] == [PageID("p1"), PageID("p2")])
    }

    @Test func `an empty feeder asks for pages`() {
        var kiosk = Driver()
        kiosk.toScanning()
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.insertPages)))
        #expect(kiosk.flow.phase == .insertPages)
        #expect(kiosk.flow.screen.body.first == .notice(.attention, .key("remedy.insertPages")))
    }

    @Test func `a printer without paper leaves the receipt on the screen`() {
        var kiosk = Driver()
        kiosk.toReceipt()
        kiosk.send(.failed(kiosk.id(.printReceipt), .fault(DeviceFault(code: "printer.media-empty", action: .refill, detail: "media-empty"))))
        #expect(kiosk.flow.phase == .receipt)
        let screen = kiosk.flow.screen
        #expect(screen.body.contains(.notice(.attention, .key("receipt.notPrinted.refill"))))
        #expect(screen.body.contains(.reference(number: receipt.reference, code: nil)))
        #expect(screen.offers(Touch(.done)))
    }

    @Test func `a full disk submits nothing and says so`() {
        var kiosk = Driver()
        kiosk.toReview()
        kiosk.touch(.confirm)
        let effects = kiosk.send(.failed(kiosk.id(.commit), .storage))
        #expect(effects.contains(.discard([PageID("p1"), PageID("p2")])))
        #expect(kiosk.flow.phase == .stopped(.storage))
        #expect(kiosk.flow.visit.receipt == nil)
    }

    @Test func `an imaging worker that dies keeps the pages for another try`() {
        var kiosk = Driver()
        kiosk.toReview()
        kiosk.touch(.confirm)
        kiosk.send(.failed(kiosk.id(.commit), .fault(DeviceFault(code: "link.host-died", action: .reset, detail: "signal 9"))))
        #expect(kiosk.flow.phase == .review)
        #expect(kiosk.flow.visit.pageCount == 2)
        kiosk.touch(.confirm)
        #expect(kiosk.flow.phase == .committing)
    }

    @Test func `an item that needs a second factor can't be chosen`() {
        var kiosk = Driver()
        kiosk.toIdentity()
        kiosk.touch(.confirm)
        kiosk.send(.cardRemoved(kiosk.id(.awaitCardRemoval)))
        #expect(!kiosk.flow.screen.offers(Touch(.chooseItem, guardedItem.code)))
        kiosk.touch(.chooseItem, guardedItem.code)
        #expect(kiosk.flow.phase == .chooseItem)
    }

    @Test func `a journey that can't be finished isn't started`() {
        for missing: Set<DeviceClass> in [[.idCardReader], [.scanner, .camera], [.imaging]] {
            var kiosk = Driver()
            kiosk.touch(.start)
            var poorer = surroundings
            poorer.ready.subtract(missing)
            kiosk.send(.surroundings(poorer))
            kiosk.touch(.chooseJourney, "upload")
            #expect(kiosk.flow.phase == .menu)
        }
    }

    @Test func `nothing is submitted before the required material is there`() {
        var kiosk = Driver()
        kiosk.toChecklist()
        kiosk.touch(.submit)
        #expect(kiosk.flow.phase == .checklist)
        kiosk.touch(.chooseMaterial, "extra")
        kiosk.touch(.scan)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("x")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        kiosk.touch(.finishMaterial)
        kiosk.touch(.submit)
        #expect(kiosk.flow.phase == .checklist)
    }

    @Test func `a language chosen by somebody who walked away is forgotten`() {
        var kiosk = Driver()
        let effects = kiosk.touch(.chooseLanguage, "en")
        #expect(effects == [.startTimer(generation: kiosk.flow.timerGeneration, seconds: Limits.idle)])
        _ = kiosk.timeOut()
        #expect(kiosk.flow.phase == .attract && kiosk.flow.screen.language == .simplifiedChinese)
    }

    @Test func `the language is kept within a visit and reset for the next citizen`() {
        var kiosk = Driver()
        kiosk.touch(.chooseLanguage, "en")
        #expect(kiosk.flow.screen.language == .english)
        kiosk.toReceipt()
        #expect(kiosk.flow.screen.language == .english)
        kiosk.send(.printed(kiosk.id(.printReceipt)))
        kiosk.touch(.done)
        kiosk.send(.wiped(kiosk.id(.wipe)))
        #expect(kiosk.flow.screen.language == .simplifiedChinese)
    }
}
