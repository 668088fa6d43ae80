import KioskModel
import Testing

@testable import KioskFlow

/// Pages from the document camera: live picture, picture taken, and the same list of pages as the scanner's.
@Suite struct CameraTests {
    private let fault = Failure.fault(DeviceFault(code: "camera.absent", action: .replug, detail: "no such camera"))

    /// At the checklist of a kiosk with only these devices beside reader, printer and worker.
    private func checklist(_ devices: Set<DeviceClass>) -> Driver {
        var kiosk = Driver()
        var around = surroundings
        around.ready = around.ready.subtracting([.scanner, .camera]).union(devices)
        kiosk.send(.surroundings(around))
        kiosk.toChecklist()
        return kiosk
    }

    /// Before the live picture, with no scanner.
    private func looking() -> Driver {
        var kiosk = checklist([.camera])
        kiosk.touch(.chooseMaterial, "proof")
        kiosk.send(.cameraShows(kiosk.id(.showCamera)))
        return kiosk
    }

    private func picture(_ kiosk: Driver) -> String? {
        for case .camera(let name, _) in kiosk.flow.screen.body { return name }
        return nil
    }

    @Test func `without a scanner the camera takes its place`() {
        var kiosk = checklist([.camera])
        let effects = kiosk.touch(.chooseMaterial, "proof")
        #expect(effects.first == .showCamera(kiosk.id(.showCamera), pause: 0))
        #expect(kiosk.flow.phase == .layPage && kiosk.flow.screen.name == "lay-page")
        #expect(picture(kiosk) == String(kiosk.id(.showCamera).value))
        #expect(!kiosk.flow.screen.offers(Touch(.chooseSource, "scanner")), "there is none")
    }

    @Test func `with both the scanner is asked first, and the citizen may choose, and choose again`() {
        var kiosk = checklist([.scanner, .camera])
        kiosk.touch(.chooseMaterial, "proof")
        #expect(kiosk.flow.phase == .insertPages)
        kiosk.touch(.chooseSource, "camera")
        #expect(kiosk.flow.phase == .layPage)
        let shown = kiosk.id(.showCamera)
        #expect(kiosk.touch(.chooseSource, "scanner").first == .cancel(shown))
        #expect(kiosk.flow.phase == .insertPages && kiosk.flow.pending.isEmpty)
    }

    @Test func `with a scanner alone nobody hears of a camera`() {
        var kiosk = checklist([.scanner])
        kiosk.touch(.chooseMaterial, "proof")
        #expect(kiosk.flow.phase == .insertPages)
        #expect(!kiosk.flow.screen.offers(Touch(.chooseSource, "camera")))
    }

    @Test func `a scanner that fails in the middle leaves the camera`() {
        var kiosk = checklist([.scanner, .camera])
        kiosk.touch(.chooseMaterial, "proof")
        kiosk.touch(.scan)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p1")))
        kiosk.send(.failed(kiosk.id(.scan), fault))
        kiosk.touch(.chooseSource, "camera")
        kiosk.touch(.takePicture)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p2")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.visit.pages["proof"] == [PageID("p1"), PageID("p2")])
    }

    @Test func `a picture becomes a page of the material, looked at like a scanned one`() {
        var kiosk = looking()
        let shown = kiosk.id(.showCamera)
        let effects = kiosk.touch(.takePicture)
        #expect(effects.prefix(2) == [.cancel(shown), .takePicture(kiosk.id(.scan))])
        #expect(kiosk.flow.phase == .takingPicture && picture(kiosk) == nil)
        let page = PageID("p1")
        #expect(kiosk.send(.pageScanned(kiosk.id(.scan), page)).contains(.assess(kiosk.id(.assess), page)))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.phase == .preview)
        kiosk.touch(.scan)
        #expect(kiosk.flow.phase == .layPage, "the next page comes from where this one came")
        #expect(kiosk.id(.showCamera) != shown, "another look: the page fetches it anew")
        kiosk.touch(.back)
        #expect(kiosk.flow.phase == .preview)
        kiosk.touch(.discardPages)
        #expect(kiosk.flow.phase == .layPage && kiosk.flow.visit.pageCount == 0)
    }

    @Test func `at the limit nothing more is taken, and no scanner is spoken of`() {
        var kiosk = checklist([.camera])
        kiosk.touch(.chooseMaterial, "extra")
        kiosk.touch(.takePicture)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p1")))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(!kiosk.flow.screen.offers(Touch(.scan)))
        #expect(kiosk.flow.screen.body.contains(.notice(.normal, .key("preview.fullCamera"))))
    }

    @Test(arguments: [([PageFlaw.skewed], "camera.flaws"), ([.unreadable], "camera.unreadable")])
    func `advice names the way that the page came`(flaws: [PageFlaw], words: String) {
        var kiosk = looking()
        kiosk.touch(.takePicture)
        kiosk.send(.pageScanned(kiosk.id(.scan), PageID("p1")))
        kiosk.send(.pageAssessed(kiosk.id(.assess), PageID("p1"), flaws))
        kiosk.send(.scanEnded(kiosk.id(.scan)))
        #expect(kiosk.flow.screen.body.contains(.notice(.attention, .key(words))))
    }

    @Test func `a picture without a page says so over the live picture`() {
        var kiosk = looking()
        kiosk.touch(.takePicture)
        kiosk.send(.failed(kiosk.id(.scan), .remedy(.layPageInView)))
        #expect(kiosk.flow.phase == .layPage)
        kiosk.send(.cameraShows(kiosk.id(.showCamera)))
        #expect(kiosk.flow.screen.body.first == .notice(.attention, .key("remedy.layPageInView")), "until the next picture")
        #expect(picture(kiosk) != nil && kiosk.flow.screen.offers(Touch(.takePicture)))
    }

    @Test func `a camera or worker that dies over a picture costs that picture`() {
        var kiosk = looking()
        kiosk.touch(.takePicture)
        kiosk.send(.failed(kiosk.id(.scan), fault))
        #expect(kiosk.flow.phase == .layPage && kiosk.flow.visit.problem == .noPicture)
        kiosk.touch(.takePicture)
        let taken = kiosk.id(.scan)
        #expect(kiosk.timeOut().first == .cancel(taken))
        #expect(kiosk.flow.phase == .layPage && kiosk.flow.visit.problem == .noPicture)
    }

    @Test func `an unplugged camera is said, asked again, and shows by itself when it is back`() {
        var kiosk = looking()
        let timer = kiosk.flow.timerGeneration
        let effects = kiosk.send(.failed(kiosk.id(.showCamera), fault))
        #expect(effects == [.showCamera(kiosk.id(.showCamera), pause: Limits.readPause)])
        #expect(kiosk.flow.screen.body == [.notice(.attention, .key("restarting.camera"))])
        #expect(!kiosk.flow.screen.offers(Touch(.takePicture)) && kiosk.flow.screen.offers(Touch(.back)) && kiosk.flow.screen.offers(Touch(.exit)))
        kiosk.send(.failed(kiosk.id(.showCamera), fault))
        kiosk.send(.cameraShows(kiosk.id(.showCamera)))
        #expect(picture(kiosk) == String(kiosk.id(.showCamera).value) && kiosk.flow.visit.problem == nil)
        #expect(kiosk.flow.timerGeneration == timer, "nobody has touched anything")
    }

    @Test func `a camera whose host is down is said, though nothing has failed`() {
        var kiosk = looking()
        let shown = picture(kiosk)
        var away = kiosk.flow.surroundings
        away.ready.remove(.camera)
        kiosk.send(.surroundings(away))
        #expect(kiosk.flow.screen.body == [.notice(.attention, .key("restarting.camera"))] && kiosk.flow.screen.tone == .attention)
        #expect(!kiosk.flow.screen.offers(Touch(.takePicture)) && kiosk.flow.screen.offers(Touch(.back)))
        away.ready.insert(.camera)
        kiosk.send(.surroundings(away))
        #expect(picture(kiosk) == shown && shown != nil && kiosk.flow.screen.offers(Touch(.takePicture)))
    }

    @Test func `who walks away from the camera is warned and wiped, and the camera let go`() {
        var kiosk = looking()
        _ = kiosk.timeOut()
        #expect(kiosk.flow.screen.countdown != nil && picture(kiosk) != nil, "it goes on under the warning")
        let shown = kiosk.id(.showCamera)
        #expect(kiosk.timeOut().contains(.cancel(shown)))
        #expect(kiosk.flow.phase == .wiping(attempt: 1))
        #expect(kiosk.send(.cameraShows(shown)).isEmpty && kiosk.send(.failed(shown, fault)).isEmpty)
    }

    @Test(arguments: [Touch(.back), Touch(.exit)]) func `leaving the screen ends the look`(way: Touch) {
        var kiosk = looking()
        let shown = kiosk.id(.showCamera)
        #expect(kiosk.send(.touch(way)).contains(.cancel(shown)))
        #expect(!kiosk.flow.pending.values.contains(.showCamera))
    }

    @Test func `a page that comes after its picture was left is let go`() {
        var kiosk = looking()
        kiosk.touch(.takePicture)
        let taken = kiosk.id(.scan)
        kiosk.touch(.exit)
        #expect(kiosk.send(.pageScanned(taken, PageID("late"))) == [.discard([PageID("late")])])
    }
}
