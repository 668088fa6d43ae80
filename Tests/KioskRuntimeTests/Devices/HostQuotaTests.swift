import DeviceLink
import Glibc
import KioskModel
@testable import KioskRuntime
import LinkShim
import Testing

/// What a host at work says passes for as long as it likes; what nobody has to say is cut off soon.
struct HostQuotaTests {
    static let start = ContinuousClock.now
    static let frame = HostMessage.progress(1, .frame(CameraFrame(sequence: 0, width: 1280, height: 960)))

    /// Ten minutes of a preview of thirty frames a second, each with its picture, with a status, a pong and ten fractions a second beside them.
    @Test func aPreviewOfThirtyFramesASecondIsNoFlood() throws {
        var quota = HostQuota()
        let picture = try MemoryFile.copying([UInt8](repeating: 1, count: 1280 * 960))
        for second in 0..<600 {
            let now = Self.start + .seconds(second)
            var isAdmitted = true
            for _ in 0..<30 { isAdmitted = quota.admit(Self.frame, [picture], at: now) && isAdmitted }
            for _ in 0..<10 { isAdmitted = quota.admit(.progress(1, .fraction(0.5)), [], at: now) && isAdmitted }
            isAdmitted = quota.admit(.status(DeviceStatus(state: .busy)), [], at: now) && isAdmitted
            isAdmitted = quota.admit(.pong(1), [], at: now) && isAdmitted
            try #require(isAdmitted, "second \(second)")
        }
    }

    /// As after a kioskd that was held up: what waited in the socket comes at once.
    @Test func aBurstOfFramesIsNoFlood() {
        var quota = HostQuota()
        var admitted = 0
        for _ in 0..<300 where quota.admit(Self.frame, [], at: Self.start) { admitted += 1 }
        #expect(admitted == 300)
    }

    @Test(arguments: [
        (HostMessage.status(DeviceStatus(state: .ready)), 100), (.pong(1), 100), (HostQuotaTests.frame, 500), (.completion(1, .success(.done)), 500),
    ])
    func whoeverSaysMoreIsCutOff(_ message: HostMessage, _ burst: Int) {
        var quota = HostQuota()
        var admitted = 0
        while admitted < 10_000, quota.admit(message, [], at: Self.start) { admitted += 1 }
        #expect(admitted == burst)
    }

    /// A sealed file of nothing may be of any size.
    @Test func sizesThatNoIntHoldsTogetherAreAFlood() throws {
        var quota = HostQuota()
        let files = try (0..<2).map { _ in
            let descriptor = kiosk_memfd_create("huge")
            try #require(ftruncate(descriptor, 1 << 62) == 0)
            try #require(kiosk_memfd_seal(descriptor) == 0)
            return try MemoryFile(receiving: descriptor)
        }
        let isAdmitted = quota.admit(.pong(1), files, at: Self.start)
        #expect(!isAdmitted)
    }

    /// The same few pages over and over, in files of 16 MiB: there is room for one scan's worth of them at once.
    @Test func filesCountByTheirSize() throws {
        var quota = HostQuota()
        let file = try MemoryFile.copying([UInt8](repeating: 0, count: 16 << 20))
        var admitted = 0
        while admitted < 10_000, quota.admit(Self.frame, [file], at: Self.start) { admitted += 1 }
        #expect(admitted == 66)
        let isLater = quota.admit(Self.frame, [file], at: Self.start + .seconds(1))
        #expect(isLater)
    }
}
