import Bench
import DeviceLink
import Foundation
import KioskModel
import Testing

@testable import Camera

/// The driver against the simulated camera. What every camera must do, kernel devices included, is Tests/Contracts/camera.scenario.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct CameraDriverTests {
    @Test func previewHandsOnTheCamerasOwnJPEG() throws {
        let rig = try CameraRig()
        let shown = try rig.preview { $0 == 5 }
        #expect(shown.count >= 5)
        #expect(shown[0].frame == CameraFrame(sequence: 0, width: 320, height: 240, light: .good))
        // Not encoded anew: every frame of an unchanging scene is the same bytes.
        #expect(Set(shown.map(\.jpeg)).count == 1)
        #expect(try ScannerPicture.pixels(of: shown[0].jpeg).width == 320)
        #expect(zip(shown, shown.dropFirst()).allSatisfy { $0.frame.sequence < $1.frame.sequence })
    }

    @Test func previewKeepsTheRateAndLeavesLostFramesOut() throws {
        let rig = try CameraRig()
        let begin = ContinuousClock.now
        let shown = try rig.preview(CameraRequest(width: 320, height: 240, rate: 5)) { $0 == 4 }
        // The camera makes 30 a second; never more than one in 200 ms goes on, less a quarter for a camera that is early.
        #expect(begin.duration(to: .now) >= .milliseconds(3 * 150))
        #expect(shown.count == 4)
        rig.camera.lose(100)
        #expect(try #require(try rig.preview { $0 == 2 }.last).frame.sequence > 100)
    }

    @Test func sizesAreTheNearestNotSmaller() throws {
        let rig = try CameraRig()
        #expect(try rig.preview(CameraRequest(width: 400, height: 200)) { $0 == 1 }.first?.frame.width == 640)
        #expect(try rig.preview(CameraRequest(width: 4000, height: 200)) { $0 == 1 }.first?.frame.width == 1280)
        let small = try CameraRig(["largest": "640x480"])
        #expect(try small.capture().frame.width == 640)
    }

    @Test func rawFramesAreEncoded() throws {
        let rig = try CameraRig(modes: [.init(isMJPEG: false, width: 320, height: 240)])
        rig.camera.show(.code("RAW"))
        let picture = try rig.capture()
        let pixels = try ScannerPicture.pixels(of: picture.jpeg)
        #expect((pixels.width, pixels.height) == (320, 240))
        #expect(abs(Int(pixels.bytes[0]) - 214) < 20)
        #expect(try rig.code().text?.reveal == "RAW")
    }

    @Test func compressedFramesArePreferred() throws {
        let rig = try CameraRig(modes: [.init(isMJPEG: false, width: 640, height: 480), .init(width: 320, height: 240)])
        _ = try rig.capture()
        #expect(rig.camera.starts == [.init(width: 320, height: 240)])
    }

    @Test func captureIsTheLargestPictureAfterExposureHasSettled() throws {
        let rig = try CameraRig(["settle": "3"])
        let first = try rig.capture()
        #expect(first.frame == CameraFrame(sequence: 3, width: 1280, height: 960, light: .good))
        // A warm stream goes on: nothing is started, and nothing settles again.
        _ = try rig.capture()
        #expect(rig.camera.starts.count == 1)
    }

    @Test func aStreamThatNobodyNeedsEnds() throws {
        let rig = try CameraRig(warm: .zero)
        _ = try rig.preview { $0 == 1 }
        #expect(rig.camera.isStreaming)
        #expect(rig.driver.poll().state == .ready)
        #expect(rig.driver.handle == nil)
        let warm = try CameraRig()
        _ = try warm.preview { $0 == 1 }
        #expect(warm.driver.poll().state == .ready)
        #expect(warm.driver.handle?.stream != nil)
    }

    @Test func lightIsJudgedAndStaysInTheStatus() throws {
        let rig = try CameraRig()
        for (scene, light, conditions) in [
            (CameraScene.dark, CameraFrame.Light.dark, [DeviceCondition(.dark)]), (.backlit, .backlit, [DeviceCondition(.backlit)]),
            (.plain, .good, []),
        ] {
            rig.camera.show(scene)
            #expect(try rig.capture().frame.light == light)
            #expect(rig.driver.poll().conditions == conditions)
        }
        let citizen = try #require(SyntheticCitizen.named("resident"))
        rig.camera.show(.page(citizen))
        #expect(try rig.capture().frame.light == .good)
    }

    @Test func lightThatWasSeenIsForgottenWithTheStream() throws {
        let rig = try CameraRig(warm: .zero)
        rig.camera.show(.dark)
        #expect(try rig.capture().frame.light == .dark)
        #expect(rig.driver.poll().conditions.isEmpty, "nobody has looked since")
    }

    @Test func codesAreReadAsTheyWereEncoded() throws {
        let rig = try CameraRig()
        rig.camera.show(.code("https://example.invalid/鄂 42"))
        let code = try rig.code()
        #expect(code.symbology == "]Q1")
        #expect(code.text?.reveal == "https://example.invalid/鄂 42")
        #expect(!"\(code)".contains("invalid"))
        // 武汉 in GBK, which is neither UTF-8 nor anything that may be guessed at.
        rig.camera.show(.bytes([0xCE, 0xE4, 0xBA, 0xBA, 0x31]))
        #expect(Array(try rig.code().content.reveal) == [0xCE, 0xE4, 0xBA, 0xBA, 0x31])
    }

    @Test func withoutACodeTheCitizenIsAskedForIt() throws {
        let rig = try CameraRig()
        #expect(throws: CitizenRemedy.showCodeAgain) { try rig.run(.awaitCodeInView(CameraRequest()), seconds: 6) }
        let citizen = try #require(SyntheticCitizen.named("resident"))
        rig.camera.show(.page(citizen))
        #expect(throws: CitizenRemedy.showCodeAgain) { try rig.run(.awaitCodeInView(CameraRequest()), seconds: 6) }
    }

    @Test func previewEndsAtItsDeadlineAndOnCancel() throws {
        let rig = try CameraRig()
        let (reply, shown) = try rig.run(.preview(CameraRequest(width: 320, height: 240)), seconds: 2)
        #expect(reply?.result == .done)
        #expect(!shown.isEmpty)
        #expect(try rig.run(.preview(CameraRequest(width: 320, height: 240))) { $0 == 2 }.reply == nil)
    }

    @Test func otherCommandsAreRefused() throws {
        #expect(try CameraRig().fault(of: .awaitCode) == "camera.unsupported-command")
    }
}
