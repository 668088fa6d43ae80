import CameraShim
import DeviceLink
import KioskModel
import Testing

@testable import Camera

struct CameraPartsTests {
    @Test(arguments: [
        (["size": "1"], "there is no option size; options are serial, path, card, device, largest, settle"),
        (["serial": ""], "option serial is empty"),
        (["largest": "1920"], "largest=1920 isn't a size; write largest=1920x1080"),
        (["largest": "0x5"], "largest=0x5 isn't a size; write largest=1920x1080"),
        (["settle": "-1"], "settle=-1 isn't a number of frames; write settle=0 to settle=100"),
        (["device": "video0"], "device=video0 isn't a path in /dev; write device=/dev/video0"),
        (["source": "/s", "card": "x"], "source= is the bench's frame source and stands alone; leave serial, path, card and device out"),
    ])
    func aMistakeInTheOptionsIsNamed(_ options: [String: String], _ detail: String) throws {
        #expect(throws: DeviceFault(code: "camera.options", action: .configure, detail: detail)) { try CameraOptions(options) }
    }

    @Test func optionsAreRead() throws {
        let options = try CameraOptions(["serial": "A1", "path": "usb-1", "largest": "1920x1080", "settle": "0"])
        #expect((options.serial, options.path, options.settle) == ("A1", "usb-1", 0))
        #expect(options.largest?.width == 1920 && options.largest?.height == 1080)
    }

    @Test func theNearestSizeIsntSmaller() {
        let sizes = [(640, 480), (1920, 1080), (1280, 720), (320, 240)].map { CameraMode(.mjpeg, $0.0, $0.1) }
        let modes = CameraModes(sizes + [CameraMode(.yuyv, 4000, 3000)])
        #expect(modes.nearest(width: 1280, height: 720)?.width == 1280)
        #expect(modes.nearest(width: 640, height: 481)?.width == 1280)
        #expect(modes.nearest(width: 5000, height: 1)?.width == 1920)
        #expect(modes.largest?.width == 1920)
        #expect(modes.next(below: CameraMode(.mjpeg, 640, 480))?.width == 320)
        #expect(modes.next(below: CameraMode(.mjpeg, 320, 240)) == nil)
        #expect(CameraModes(sizes, largest: (1300, 1000)).largest?.width == 1280)
        #expect(CameraModes(sizes, largest: (10, 10)).largest?.width == 320)
        #expect(CameraModes([]).largest == nil)
    }

    @Test func everyCodeOfTheShimHasItsFault() {
        let codes = (-11 ... -1).map { CameraFailure(kiosk_camera_error(rawValue: $0), "step").meaning.code }
        #expect(
            codes == [
                "camera.picture", "camera.picture", "camera.damaged-frames", "camera.memory", "camera.io-error", "camera.unsupported",
                "camera.bandwidth", "camera.busy", "camera.access", "camera.absent", "camera.no-frames",
            ])
        #expect(CameraFailure(kiosk_camera_error(rawValue: -99), "step").meaning.code == "camera.io-error")
        for code in -11 ... -1 {
            let fault = CameraFailure(kiosk_camera_error(rawValue: Int32(code)), String(repeating: "x", count: 40)).meaning
            #expect(fault.detail.utf8.count <= LinkText.maxDetail)
        }
    }

    @Test func lightIsJudgedByAreas() {
        func judge(_ pixel: (Int, Int) -> UInt8) -> CameraFrame.Light? {
            LightMeter.judge((0..<30).flatMap { y in (0..<40).map { pixel($0, y) } }, width: 40, height: 30)
        }
        #expect(judge { _, _ in 120 } == .good)
        #expect(judge { _, _ in 30 } == .dark)
        #expect(judge { x, y in (12..<28).contains(x) && y > 8 ? 40 : 230 } == .backlit)
        // A bright page on a dark desk is what a document camera is for.
        #expect(judge { x, y in (10..<30).contains(x) && (5..<25).contains(y) ? 230 : 20 } == .good)
        #expect(LightMeter.judge([UInt8](), width: 40, height: 30) == nil)
    }

    @Test func theRateIsKeptAndNumbersGrow() {
        var pace = FramePace(rate: 10)
        let begin = ContinuousClock.now
        // 30 frames a second for two seconds, by a clock of its own.
        let sent = (0..<60).compactMap { pace.next(UInt32($0), now: begin + .milliseconds($0 * 1000 / 30)) }
        #expect((19...22).contains(sent.count))
        #expect(sent.first == 0)
        // As fast as the camera goes, and now and then late: what waited comes in a row, and none is left out.
        var late = FramePace(rate: 15)
        var due = begin
        for number in 0..<300 {
            due += .seconds(1) / 15
            let held = number % 40 < 3 ? Duration.milliseconds(200 - number % 40 * 67) : .milliseconds(number % 7)
            #expect(late.next(UInt32(number), now: due + held) == number)
        }
        var odd = FramePace(rate: 10)
        #expect([5, 5, 2, 9].enumerated().compactMap { odd.next($1, now: begin + .seconds($0)) } == [5, 6, 7, 9])
    }
}
