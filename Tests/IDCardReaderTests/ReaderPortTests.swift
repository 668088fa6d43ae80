import DeviceLink
import KioskModel
import Testing

@testable import IDCardReader

/// What the configuration may say of a reader's port, and what a port that can't be used is said to be.
@Suite struct ReaderPortTests {
    @Test(arguments: [
        (["port": "/dev/ttyS0"], ReaderPort.serial(path: "/dev/ttyS0", baud: nil)),
        (["port": "/dev/ttyS0", "baud": "9600"], .serial(path: "/dev/ttyS0", baud: 9600)),
        (["usb": "0400:c35a"], .usb(vendor: 0x0400, product: 0xC35A, serial: nil, path: nil)),
        (["usb": "0400:C35A", "serial": "A1"], .usb(vendor: 0x0400, product: 0xC35A, serial: "A1", path: nil)),
        (["usb": "0400:c35a", "path": "1-2"], .usb(vendor: 0x0400, product: 0xC35A, serial: nil, path: "1-2")),
    ])
    func portsAreReadFromTheOptions(options: [String: String], expected: ReaderPort) throws {
        let port = try ReaderPort(options: options)
        #expect(port == expected)
    }

    @Test(arguments: [
        ([:], "usb=0400:c35a, or port="),
        (["port": ""], "usb=0400:c35a, or port="),
        (["port": "/dev/null", "usb": "0400:c35a"], "either usb= or port="),
        (["port": "/dev/null", "baud": "fast"], "baud=115200"),
        (["port": "/dev/null", "serial": "A1"], "serial= and path="),
        (["port": "/dev/null", "path": "1-2"], "serial= and path="),
        (["usb": "0400:c35a", "baud": "9600"], "baud= belongs to port="),
        (["usb": "0400:c35a", "seriall": "A1"], "there is no option seriall="),
        (["usb": "0400"], "usb=0400:c35a"),
        (["usb": "0400:c35"], "usb=0400:c35a"),
        (["usb": "0400:c35g"], "usb=0400:c35a"),
        (["usb": "0400:c35a:1"], "usb=0400:c35a"),
        (["usb": "0x0400:0xc35a"], "usb=0400:c35a"),
        (["usb": "0400:c35a", "patience": "0"], "from 1 to 100"),
        (["usb": "0400:c35a", "patience": "101"], "from 1 to 100"),
        (["port": "/dev/null", "patience": "much"], "from 1 to 100"),
    ])
    func unusableOptionsAreRefusedWithWhatToWrite(options: [String: String], hint: String) {
        let thrown = #expect(throws: DeviceFault.self) { try IDCardReaderDriver(options: options) }
        #expect(thrown?.code == "reader.configuration")
        #expect(thrown?.action == .configure)
        #expect(thrown?.detail.contains(hint) == true)
    }

    @Test func patienceMultipliesTheLimitsAndNotThePauses() {
        let field = IDCardReaderDriver.Timing()
        let patient = field.patient(10)
        #expect([patient.control, patient.find, patient.select, patient.read, patient.append] == [3000, 5000, 5000, 35000, 10000])
        #expect([patient.findPause, patient.removalPause] == [field.findPause, field.removalPause])
        #expect(field.patient(1).read == field.read)
    }

    @Test func aPortThatIsNoLineNeedsATechnician() throws {
        for options in [["port": "/dev/null"], ["port": "/dev/null", "baud": "110"]] {
            let status = try IDCardReaderDriver(options: options).poll()
            #expect(status.state == .needsTechnician)
            #expect(status.fault?.action == .configure)
            #expect(status.fault?.detail.contains("/dev/null is no tty, or baud= is none of 9600") == true)
        }
    }

    @Test func aPortThatDoesNotExistIsNamed() throws {
        let status = try IDCardReaderDriver(options: ["port": "/dev/ttyNONE"]).poll()
        #expect(status.state == .absent)
        #expect(status.fault?.detail.contains("/dev/ttyNONE") == true)
    }

    /// A bus without the reader; on a machine without USB, no bus at all.
    @Test func aUSBReaderThatIsNotPluggedInIsAbsent() throws {
        let driver = try IDCardReaderDriver(options: ["usb": "0400:c35a", "serial": "no reader has this one"])
        for _ in 0..<3 {
            let status = driver.poll()
            #expect(status.state == .absent)
            #expect(status.fault?.code == "reader.absent")
            #expect(status.fault?.action == .replug)
        }
    }
}
