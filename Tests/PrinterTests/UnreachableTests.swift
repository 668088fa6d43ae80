import Bench
import DeviceLink
import Foundation
import Glibc
import KioskModel
import Printer
import PrinterShim
import Testing

@Suite("A printer that is gone", .serialized, .timeLimit(.minutes(2)))
struct UnreachableTests {
    @Test("Switched off it is offline, switched on again it is ready")
    func offAndOn() async throws {
        try await withPrinter { printer in
            let driver = try PrinterDriver(options: ["uri": printer.uri])
            #expect(driver.poll().state == .ready)
            await printer.stop()
            let status = driver.poll()
            #expect(status.state == .offline)
            #expect(status.fault?.code == "printer.unreachable" && status.fault?.action == .replug)
            let fault = try await RunningPrint(uri: printer.uri, document: pdf()).fault
            #expect(fault?.code == "printer.unreachable")
            try await printer.start()
            #expect(driver.poll().state == .ready)
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test("Switched off during a job it is a fault, well before the deadline")
    func offDuringJob() async throws {
        try await withPrinter(sheetDuration: .seconds(30)) { printer in
            let job = try RunningPrint(uri: printer.uri, document: try pdf(pages: 3))
            try await eventually { !job.seen.isEmpty }
            await printer.stop()
            #expect(await job.fault?.code == "printer.uncertain")
            #expect(job.context.remainingMilliseconds > 30_000)
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test("Switched off and on during a job it has forgotten the job: nobody knows what came out")
    func offAndOnDuringJob() async throws {
        try await withPrinter(sheetDuration: .seconds(30)) { printer in
            let job = try RunningPrint(uri: printer.uri, document: try pdf(pages: 3))
            try await eventually { !job.seen.isEmpty }
            await printer.stop()
            try await printer.start()
            let fault = await job.fault
            #expect(fault?.code == "printer.uncertain" && fault?.action == .clear)
            #expect(try await printed(by: printer, pdf()) == .printed(sheets: 1))
        }
    }

    @Test("Pulled before the job is made nothing was printed, for certain")
    func pulledAtCreate() async throws {
        try await withPrinter { printer in
            await printer.stop(at: .create)
            #expect(try await RunningPrint(uri: printer.uri, document: pdf()).fault?.code == "printer.unreachable")
            await printer.stop()
            try await printer.start()
            #expect(try await printed(by: printer, pdf()) == .printed(sheets: 1))
            #expect(printer.printedDocuments().count == 1)
        }
    }

    @Test("A job that was made without saying which is out of the next one's way")
    func garbledCreation() async throws {
        try await withPrinter { printer in
            printer.garbleNextCreation()
            let job = try RunningPrint(uri: printer.uri, document: pdf())
            #expect(await job.fault?.code == "printer.protocol")
            // The same driver, as in a host: a new one cancels leftovers in any case.
            let driver = job.driver
            let context = CommandContext(deadline: .now + .seconds(20)) { _, _ in }
            let reply = try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try driver.print(pdf(), PrintRequest(title: "CK-000002"), context: context) })
                }
            }
            #expect(reply.result == .printed(sheets: 1))
        }
    }

    @Test("A cancelled job that the printer can't be told of is uncertain, and is cancelled when it can")
    func unconfirmed() async throws {
        try await withPrinter(sheetDuration: .seconds(30)) { printer in
            let job = try RunningPrint(uri: printer.uri, document: try pdf())
            try await eventually { printer.isPrinting }
            printer.setOffline(true)
            let asked = ContinuousClock.now
            job.context.cancel()
            #expect(await job.fault?.code == "printer.uncertain")
            // kioskd's `cancelGrace`.
            #expect(ContinuousClock.now - asked < .seconds(2))
            printer.setOffline(false)
            #expect(job.driver.driver.poll().state == .ready)
            try await eventually { !printer.isPrinting }
            #expect(printer.printedDocuments().isEmpty)
        }
    }

    @Test("One that takes the connection and never answers costs two seconds")
    func mute() throws {
        let listener = try Listener()
        let driver = try PrinterDriver(options: ["uri": "ipp://127.0.0.1:\(listener.port)/ipp/print"])
        let asked = ContinuousClock.now
        let status = driver.poll()
        #expect(status.state == .offline && status.fault?.code == "printer.unreachable")
        #expect((.seconds(1.9)...Duration.seconds(4)).contains(ContinuousClock.now - asked))
    }

    @Test("Giving up is noticed while a printer doesn't take the connection")
    func stoppedWhileConnecting() throws {
        let listener = try Listener()
        let fillers = try listener.fill()
        defer { for filler in fillers { close(filler) } }
        var asked: Int32 = 0
        var status = kiosk_printer_status()
        let uri = "ipp://127.0.0.1:\(listener.port)/ipp/print"
        let result = uri.withCString { uri in
            withUnsafeMutablePointer(to: &asked) { asked in
                var address = kiosk_printer_address(uri: uri, socket: nil, connection: nil)
                let third: kiosk_printer_stop = { context in
                    guard let asked = context?.assumingMemoryBound(to: Int32.self) else { return true }
                    asked.pointee += 1
                    return asked.pointee == 3
                }
                var limit = kiosk_printer_limit(timeout_ms: 20_000, stop: third, context: asked)
                return kiosk_printer_query(&address, &limit, &status)
            }
        }
        #expect(result == KIOSK_PRINTER_STOPPED.rawValue && asked == 3)
    }

    @Test("One that answers with something else than IPP is a fault")
    func nonsense() throws {
        let listener = try Listener()
        Thread.detachNewThread { listener.answer("HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 5\r\n\r\nhello") }
        let status = try PrinterDriver(options: ["uri": "ipp://127.0.0.1:\(listener.port)/ipp/print"]).poll()
        #expect(status.state != .ready)
        #expect(["printer.protocol", "printer.unreachable"].contains(status.fault?.code))
    }

    @Test("The simulator leaves no process behind")
    func leavesNothing() async throws {
        let simulator = try IPPPrinterSimulator(sheetDuration: .seconds(30))
        try await simulator.start()
        let job = try RunningPrint(uri: simulator.uri, document: try pdf())
        let marker = simulator.spoolDirectory.deletingLastPathComponent().lastPathComponent
        // Bus, printer and print command; the job tells its progress before the last has begun.
        try await eventually { processes(naming: marker).count >= 3 }
        await simulator.stop()
        try await eventually { processes(naming: marker).isEmpty }
        #expect(await job.fault != nil)
    }
}

@Suite("What the printer driver refuses")
struct RefusalTests {
    @Test(
        "Options",
        arguments: [
            [:], ["uri": "http://127.0.0.1/"], ["uri": "file:///etc/passwd"], ["uri": ""], ["uri": "ipp://127.0.0.1:1/ipp/print", "x": "1"],
            ["uri": "ipp://127.0.0.1:1/ipp/print", "queue": "office"], ["uri": "ipp://127.0.0.1:1/ipp/print", "server": "/run/cups/cups.sock"],
            ["queue": "../office"], ["queue": ""], ["queue": "office", "server": "localhost"], ["queue": "office", "patience": "0"],
            ["queue": "office", "user": "a b"],
        ])
    func options(_ options: [String: String]) {
        let fault = #expect(throws: DeviceFault.self) { try PrinterDriver(options: options) }
        #expect(fault?.code == "printer.bad-option" && fault?.action == .configure)
    }

    @Test("A print server that isn't there is a fault like a printer that isn't")
    func noServer() throws {
        let status = try PrinterDriver(options: ["queue": "office", "server": "/nonexistent/cups.sock"]).poll()
        #expect(status.state == .offline && status.fault?.code == "printer.unreachable")
    }

    @Test("Commands and documents, before anything is sent")
    func commands() throws {
        let driver = try PrinterDriver(options: ["uri": "ipp://127.0.0.1:1/ipp/print"])
        let context = CommandContext(deadline: .now + .seconds(5)) { _, _ in }
        func code(_ command: DeviceCommand, _ files: [MemoryFile]) -> String? {
            #expect(throws: DeviceFault.self) { try driver.perform(command, files: files, context: context) }?.code
        }
        let print = DeviceCommand.print(PrintRequest(title: "CK-000001"))
        #expect(code(.awaitCardRemoval, []) == "printer.unsupported")
        #expect(code(print, []) == "printer.bad-document")
        #expect(code(print, [try pdf(), try pdf()]) == "printer.bad-document")
        #expect(code(print, [try .copying([])]) == "printer.bad-document")
        #expect(code(print, [try .copying(Array("%!PS".utf8))]) == "printer.bad-document")
        for copies in [0, -1, 100, Int.max] {
            #expect(code(.print(PrintRequest(title: "CK-000001", copies: copies)), [try pdf()]) == "printer.bad-document")
        }
        #expect(code(print, [try pdf()]) == "printer.unreachable")
    }
}

/// A loopback port that takes connections.
final class Listener: Sendable {
    let descriptor: Int32
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        port = Int(in_port_t(bigEndian: address.sin_port))
        try #require(bound)
    }

    deinit { close(descriptor) }

    /// Has as many connections wait to be accepted as there is room for, so that the next isn't answered at all. The caller closes what is returned.
    func fill() throws -> [Int32] {
        try #require(listen(descriptor, 0) == 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        return (0..<4).map { _ in
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            return filler
        }
    }

    /// Answers the first request with these bytes and hangs up.
    func answer(_ text: String) {
        let connection = accept(descriptor, nil, nil)
        var block = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &block, block.count, 0)
        let bytes = Array(text.utf8)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        close(connection)
    }
}
