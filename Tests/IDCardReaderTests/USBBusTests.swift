import Foundation
import Testing

/// The shim over libusb (src/usb.c) on an emulated bus: enumerating, claiming, transfers, halts, time-outs and the plug, without a virtual machine.
/// umockdev is preloaded into a process of its own, which says a line for each case (Tests/Support/test-usb-reader).
@Suite struct USBBusTests {
    @Test(.timeLimit(.minutes(2))) func everyCaseOnAnEmulatedBusIsWell() throws {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "test-usb-reader")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/umockdev-wrapper")
        process.arguments = [program.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let lines = said.split(separator: "\n")
        #expect(lines.filter { !$0.hasPrefix("ok ") } == [])
        // Both framings, every case.
        #expect(lines.count { $0.hasPrefix("ok whole: ") } == 18)
        #expect(lines.count { $0.hasPrefix("ok split: ") } == 18)
        #expect(process.terminationStatus == 0)
    }
}
