import Bench
import DeviceLink
import KioskModel
import Testing

@testable import Camera

/// What goes wrong with cameras, one simulated fault each.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct CameraTroubleTests {
    @Test(arguments: CameraSimulator.Step.allCases)
    func unpluggedAtAnyStepItComesBack(_ step: CameraSimulator.Step) throws {
        let rig = try CameraRig()
        #expect(rig.driver.poll().state == .ready)
        rig.camera.unplug(at: step)
        #expect(try rig.fault() == "camera.absent")
        #expect(!rig.camera.isPlugged)
        let status = rig.driver.poll()
        #expect(status.state == .absent && status.fault?.code == "camera.absent")
        try rig.camera.plug()
        #expect(rig.driver.poll().state == .ready)
        #expect(try rig.capture().frame.width == 1280)
    }

    @Test func aCameraWithoutModesIsClosedOnce() throws {
        let rig = try CameraRig(modes: [])
        for _ in 0..<20 { #expect(rig.driver.poll().fault?.code == "camera.unsupported") }
    }

    @Test func replacedBetweenTwoLooksItIsOpenedAnew() throws {
        let rig = try CameraRig()
        _ = try rig.preview { $0 == 1 }
        rig.camera.unplug()
        try rig.camera.plug()
        #expect(rig.driver.poll().state == .ready)
        #expect(try rig.capture().frame.width == 1280)
    }

    @Test(arguments: CameraSimulator.Damage.allCases)
    func damagedFramesAreDroppedAndCounted(_ damage: CameraSimulator.Damage) throws {
        let rig = try CameraRig()
        rig.camera.damage(damage, times: 3)
        let shown = try rig.preview { $0 == 3 }
        #expect(shown.allSatisfy { $0.frame.sequence >= 3 })
        #expect(Set(shown.map(\.jpeg)).count == 1)
        #expect(rig.driver.poll().identity["dropped"] == "3")
    }

    @Test func nothingButDamagedFramesIsAFault() throws {
        let rig = try CameraRig(silence: .seconds(3))
        rig.camera.damageAll(.truncated)
        #expect(try rig.fault() == "camera.damaged-frames")
        let status = rig.driver.poll()
        #expect(status.state == .offline && status.fault?.code == "camera.damaged-frames")
        rig.camera.damageAll(nil)
        try rig.pollUntilReady()
    }

    @Test func aStalledCameraIsOfflineUntilAPictureComes() throws {
        let rig = try CameraRig(silence: .seconds(3))
        rig.camera.stall(true)
        #expect(try rig.fault() == "camera.no-frames")
        #expect(rig.driver.poll().fault?.code == "camera.no-frames")
        rig.camera.stall(false)
        try rig.pollUntilReady()
    }

    @Test func withoutAFrameByTheDeadlineItIsNoSuccess() throws {
        let rig = try CameraRig()
        rig.camera.stall(true)
        #expect(try rig.fault(of: .preview(CameraRequest()), seconds: 1) == "camera.no-frames")
    }

    @Test func aFullBusIsTriedOnceMoreWithLess() throws {
        let rig = try CameraRig()
        rig.camera.refuse(.bandwidth)
        #expect(try rig.capture().frame.width == 640)
        #expect(rig.camera.starts.map(\.width) == [1280, 640])
    }

    @Test func aFullBusIsSaidToBe() throws {
        let rig = try CameraRig(silence: .seconds(3))
        rig.camera.refuse(.bandwidth, times: 2)
        #expect(try rig.fault() == "camera.bandwidth")
        try rig.pollUntilReady()
    }

    @Test func aBusyCameraIsSaidToBeUntilItIsFree() throws {
        let rig = try CameraRig(silence: .seconds(3))
        rig.camera.refuse(.busy, times: 2)
        #expect(try rig.fault() == "camera.busy")
        let status = rig.driver.poll()
        #expect(status.state == .offline && status.fault?.code == "camera.busy")
        try rig.pollUntilReady()
    }

    @Test func aNegotiationThatFailsOnTheBusIsRepeated() throws {
        let rig = try CameraRig()
        rig.camera.refuse(.bus, times: 2)
        #expect(try rig.capture().frame.width == 1280)
    }

    @Test func whatIsNoFrameSourceIsAbsent() throws {
        let driver = try CameraDriver(options: ["source": "/tmp/there-is-no-such-camera"])
        let status = driver.poll()
        #expect(status.state == .absent && status.fault?.code == "camera.absent")
    }
}
