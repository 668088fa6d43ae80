import Bench
import CameraShim
import Foundation
import Testing

/// The check of what a camera sent, before anybody reads it.
struct FrameTests {
    /// A whole JPEG of 8×8 pixels, as far as the check looks into it: SOI, SOF0, a scan with a stuffed FF and a restart, EOI.
    private static let whole: [UInt8] =
        [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]
        + [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9]

    private static func check(_ bytes: [UInt8], width: Int32 = 8, height: Int32 = 8) -> Int {
        var mode = kiosk_camera_mode(format: 1, width: width, height: height, stride: 0, limited: false)
        return kiosk_camera_check(&mode, bytes, bytes.count)
    }

    private static let damaged = Int(KIOSK_CAMERA_DAMAGED.rawValue)

    @Test func aWholeFrameIsTaken() {
        #expect(Self.check(Self.whole) == Self.whole.count)
        #expect(Self.check(Self.whole + [0, 0, 0xFF]) == Self.whole.count)
    }

    @Test func everyCutIsSeen() {
        for count in 0..<Self.whole.count { #expect(Self.check(Array(Self.whole.prefix(count))) == Self.damaged) }
        for count in 1..<Self.whole.count { #expect(Self.check(Array(Self.whole.dropFirst(count))) == Self.damaged) }
    }

    @Test func aFrameOfAnotherSizeIsRefused() {
        #expect(Self.check(Self.whole, width: 16) == Self.damaged)
        #expect(Self.check(Self.whole, height: 7) == Self.damaged)
        #expect(Self.check(Self.whole, width: 0) == Self.damaged)
    }

    @Test func aPictureWithinAPictureIsRefused() {
        // The begin of the next frame where this one's end was lost.
        #expect(Self.check(Array(Self.whole.dropLast(2)) + Self.whole) == Self.damaged)
    }

    @Test func rawFramesNeedEveryRow() {
        var mode = kiosk_camera_mode(format: 2, width: 4, height: 2, stride: 10, limited: false)
        #expect(kiosk_camera_check(&mode, [UInt8](repeating: 0, count: 20), 20) == 20)
        #expect(kiosk_camera_check(&mode, [UInt8](repeating: 0, count: 30), 30) == 20)
        #expect(kiosk_camera_check(&mode, [UInt8](repeating: 0, count: 19), 19) == Self.damaged)
        mode.stride = 7
        #expect(kiosk_camera_check(&mode, [UInt8](repeating: 0, count: 20), 20) == Self.damaged)
        mode = kiosk_camera_mode(format: 2, width: 3, height: 2, stride: 8, limited: false)
        #expect(kiosk_camera_check(&mode, [UInt8](repeating: 0, count: 20), 20) == Self.damaged)
    }

    @Test(arguments: [(false, [16, 128, 235]), (true, [0, 130, 255])])
    func limitedRangeBecomesFull(_ limited: Bool, _ expected: [UInt8]) {
        // Three pairs of gray pixels: black, middle and white of the limited range.
        var mode = kiosk_camera_mode(format: 2, width: 6, height: 1, stride: 12, limited: limited)
        let bytes: [UInt8] = [16, 128, 16, 128, 128, 128, 128, 128, 235, 128, 235, 128]
        var gray = [UInt8](repeating: 1, count: 6)
        var (width, height): (Int32, Int32) = (0, 0)
        #expect(kiosk_camera_gray(&mode, bytes, bytes.count, 8, &gray, gray.count, &width, &height) == 6)
        #expect(stride(from: 0, to: 6, by: 2).map { gray[$0] } == expected)
    }
}
