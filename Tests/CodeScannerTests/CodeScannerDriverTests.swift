import Bench
import CodeScannerShim
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import CodeScanner

/// The real driver on reports, in the middle of what the contract (Tests/Contracts/codeScanner.scenario) can't time.
@Suite(.serialized) struct CodeScannerDriverTests {
    private static let long = "https://example.invalid/pickup/2026-11-21/0123456789abcdefghijklmnopqrstuvwxyz"

    private let watch = WatchedLine.Watch()

    private func driver(_ device: ReportLine.Device) -> CodeScannerDriver {
        CodeScannerDriver(form: KIOSK_CODE_REPORTS) { [watch] () throws(ScannerFailure) in
            (kiosk_line(over: WatchedLine(kiosk_line(over: ReportLine(device)), watch)), "/dev/hidraw0")
        }
    }

    private static func context(_ milliseconds: Int = 20_000) -> CommandContext {
        CommandContext(deadline: .now + .milliseconds(milliseconds)) { _, _ in }
    }

    private func awaitCode(_ driver: CodeScannerDriver, _ context: CommandContext = context()) throws -> ScannedCode {
        let reply = try driver.perform(.awaitCode, files: [], context: context)
        guard case .code(let code) = reply.result else { throw DeviceFault.deadlinePassed }
        return code
    }

    /// Does `body` once the driver waits for a code.
    private func whileWaiting(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [watch] in
            if watch.untilItWaits() { body() }
        }
    }

    @Test func aCodeOfSeveralReportsIsRead() throws {
        let device = ReportLine.Device()
        let driver = driver(device)
        #expect(driver.poll() == DeviceStatus(state: .ready, identity: ["node": "/dev/hidraw0"]))
        whileWaiting { device.send(HIDPOSReports.encode(Self.long)) }
        let code = try awaitCode(driver)
        #expect(code == ScannedCode(symbology: "]Q1", content: Data(Self.long.utf8)))
        #expect(!"\(code)".contains("example"))
        #expect(device.opened == 1)
    }

    @Test func whatTheLastCitizenShowedIsNobodysAnswer() throws {
        let device = ReportLine.Device()
        let driver = driver(device)
        #expect(driver.poll().state == .ready)
        device.send(HIDPOSReports.encode("990001"))
        // Of this one the first report comes before the command, and the second after it.
        let parts = HIDPOSReports.encode(Self.long)
        device.send([parts[0]])
        whileWaiting { device.send([parts[1]] + HIDPOSReports.encode("7")) }
        #expect(try awaitCode(driver).text?.reveal == "7")
    }

    @Test func aPulledPlugBetweenTwoReportsLeavesNoHalfCode() throws {
        let device = ReportLine.Device()
        let driver = driver(device)
        #expect(driver.poll().state == .ready)
        let parts = HIDPOSReports.encode(Self.long)
        let before = watch.received
        whileWaiting { [watch] in
            device.send([parts[0]])
            if watch.untilReceived(before + parts[0].count) { device.unplug() }
        }
        let thrown = #expect(throws: DeviceFault.self) { try awaitCode(driver) }
        #expect(thrown?.code == "codeScanner.absent")
        #expect(driver.poll().state == .absent)
        device.plug()
        #expect(driver.poll().state == .ready)
        whileWaiting { device.send(HIDPOSReports.encode("7")) }
        #expect(try awaitCode(driver).text?.reveal == "7")
    }

    @Test func aScannerThatWasReplacedBetweenTwoCommandsIsOpenedAnew() throws {
        let device = ReportLine.Device()
        let other = ReportLine.Device()
        var current = device
        let driver = CodeScannerDriver(form: KIOSK_CODE_REPORTS) { [watch] () throws(ScannerFailure) in
            (kiosk_line(over: WatchedLine(kiosk_line(over: ReportLine(current)), watch)), "/dev/hidraw0")
        }
        #expect(driver.poll().state == .ready)
        device.unplug()
        current = other
        whileWaiting { other.send(HIDPOSReports.encode("7")) }
        #expect(try awaitCode(driver).text?.reveal == "7")
    }

    @Test func noCodeInTimeIsShownAgainAndACancelledWaitEnds() throws {
        let driver = driver(ReportLine.Device())
        #expect(throws: CitizenRemedy.showCodeAgain) { try awaitCode(driver, Self.context(50)) }
        let context = Self.context()
        whileWaiting { context.cancel() }
        #expect(throws: CancellationError.self) { try awaitCode(driver, context) }
    }

    @Test func aCodeThatIsTooLongIsShownAgain() throws {
        let device = ReportLine.Device()
        let driver = driver(device)
        #expect(driver.poll().state == .ready)
        whileWaiting { device.send(HIDPOSReports.encode(String(repeating: "x", count: 9000))) }
        #expect(throws: CitizenRemedy.showCodeAgain) { try awaitCode(driver) }
    }

    @Test func mistakesInTheConfigurationAreNamed() {
        let mistakes: [([String: String], String)] = [
            ([:], "needs one of"),
            (["usb": "0c2e:0b61", "port": "/dev/ttyS0"], "needs one of"),
            (["usb": "0c2e"], "usb=0c2e:0b61"),
            (["hidraw": "/dev/hidraw0", "baud": "9600"], "baud= belongs"),
            (["port": "/dev/ttyS0", "serial": "1"], "serial= chooses"),
            (["port": "/dev/ttyS0", "baud": "fast"], "baud= needs"),
            (["port": "/dev/ttyS0", "speed": "9600"], "no option speed="),
        ]
        for (options, hint) in mistakes {
            let thrown = #expect(throws: DeviceFault.self) { try ScannerPort(options: options) }
            #expect(thrown?.code == "codeScanner.configuration")
            #expect(thrown?.detail.contains(hint) == true, "\(options)")
        }
    }
}
