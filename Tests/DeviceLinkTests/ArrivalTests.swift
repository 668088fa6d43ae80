import Foundation
import Glibc
import KioskModel
import LinkShim
import Testing

@testable import DeviceLink

/// A device that was plugged in is looked for at once.
@Suite struct ArrivalTests {
    private func isArrival(_ lines: String...) -> Bool {
        let bytes = lines.reduce(into: [UInt8]()) { $0 += Array($1.utf8) + [0] }
        return kiosk_uevent_is_arrival(bytes, bytes.count) == 1
    }

    @Test func whatAHostCouldUseIsAnArrival() {
        for subsystem in ["usb", "tty", "hidraw", "usbmisc", "video4linux", "input", "gpio"] {
            for action in ["add", "change", "bind"] {
                #expect(isArrival("\(action)@/devices/x", "ACTION=\(action)", "DEVPATH=/devices/x", "SUBSYSTEM=\(subsystem)", "SEQNUM=1"))
            }
        }
    }

    @Test func nothingElseIs() {
        #expect(!isArrival("remove@/devices/x", "SUBSYSTEM=usb"))
        #expect(!isArrival("add@/devices/x", "SUBSYSTEM=block"))
        #expect(!isArrival("add@/devices/x", "SUBSYSTEM=usbx"))
        #expect(!isArrival("add@/devices/x", "SUBSYSTEM="))
        #expect(!isArrival("add@/devices/x", "DEVTYPE=usb"))
        #expect(!isArrival("added@/devices/x", "SUBSYSTEM=usb"))
        // As udevd's own messages begin.
        #expect(!isArrival("libudev", "SUBSYSTEM=usb"))
        #expect(kiosk_uevent_is_arrival([0], 0) == 0)
        // Cut off in the middle.
        let cut = Array("add@/x\u{0}SUBSYSTEM=us".utf8)
        #expect(kiosk_uevent_is_arrival(cut, cut.count) == 0)
    }

    @Test func aDozenMessagesAreOneLookAndOneMoreLater() {
        let start = ContinuousClock.now
        var pace = ArrivalPace()
        #expect(pace.due == nil)
        for step in 0..<12 { pace.arrived(at: start + .milliseconds(step)) }
        #expect(pace.due == start + .milliseconds(250))
        var looks: [Int] = []
        for step in 11...60_000 where pace.isDue(at: start + .milliseconds(step)) { looks.append(step) }
        #expect(looks == [250, 1011])
        #expect(pace.due == nil)
    }

    /// Whoever plugs and pulls all the time has a look taken four times a second at most, and once a quarter of a second at least.
    @Test func aStreamOfMessagesIsFourLooksASecond() {
        let start = ContinuousClock.now
        var pace = ArrivalPace()
        var looks = 0
        for step in 0..<10_000 {
            let now = start + .milliseconds(step)
            pace.arrived(at: now)
            if pace.isDue(at: now) { looks += 1 }
        }
        #expect((38...40).contains(looks))
    }

    @Test func onlyAMissingDeviceIsLookedFor() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        defer { close(ends[1]) }
        let link = HostLink(LinkChannel(owning: ends[0]))
        #expect(!link.wakeIfMissing())
        for (state, isLookedFor) in [(DeviceState.ready, false), (.absent, true), (.offline, true), (.needsCitizen, false), (.needsTechnician, true)]
        {
            _ = link.polling { DeviceStatus(state: state) }
            #expect(link.wakeIfMissing() == isLookedFor, "\(state)")
        }
    }

    /// Root has the kernel tell of a terminal anew; any other message in between is none of ours.
    @Test(.enabled(if: access(Self.console, W_OK) == 0)) func theKernelIsHeard() throws {
        let socket = kiosk_uevents_open()
        try #require(socket >= 0)
        defer { close(socket) }
        let file = open(Self.console, O_WRONLY)
        try #require(file >= 0)
        defer { close(file) }
        try #require(write(file, "change", 6) == 6)
        let end = ContinuousClock.now + .seconds(30)
        var heard: Int32 = 0
        while heard == 0, ContinuousClock.now < end { heard = kiosk_uevents_next(socket, 30_000) }
        #expect(heard == 1)
    }

    private static let console = "/sys/class/tty/tty0/uevent"
}
