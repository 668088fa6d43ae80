import Bench
import Dispatch
import Glibc
import LineShim
import Synchronization
import Testing

/// A real tty, with a device at its other end.
@Suite struct PortTests {
    private func open(_ path: String, baud: Int32 = 115200) throws -> (line: kiosk_line, result: Int32) {
        var line = kiosk_line()
        try #require(kiosk_line_serial(path, baud, &line) == 0)
        return (line, kiosk_line_open(&line, 100))
    }

    private func read(_ line: kiosk_line, _ count: Int) throws -> [UInt8] {
        var line = line
        var got: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 300)
        while got.count < count {
            let some = kiosk_line_read(&line, &bytes, bytes.count, 5000)
            try #require(some > 0)
            got += bytes.prefix(Int(some))
        }
        return got
    }

    @Test(arguments: [9600, 19200, 38400, 57600, 115200] as [Int32])
    func bytesGoBothWaysUnchanged(baud: Int32) throws {
        let port = try VirtualSerialPort("echo") { $0 }
        defer { port.remove() }
        try port.plug()
        var (line, result) = try open(port.path, baud: baud)
        defer { kiosk_line_close(&line) }
        #expect(result == 0)
        let all = Array(UInt8.min...UInt8.max)
        #expect(kiosk_line_write(&line, all, all.count, 5000) == 0)
        #expect(try read(line, all.count) == all)
        port.send(all)
        #expect(try read(line, all.count) == all)
        var byte: UInt8 = 0
        #expect(kiosk_line_read(&line, &byte, 1, 0) == Int32(KIOSK_LINE_TIMEOUT))
    }

    @Test func aPortBelongsToOneProcessAndGoesWithItsPlug() throws {
        let port = try VirtualSerialPort("silent") { _ in [] }
        defer { port.remove() }
        try port.plug()
        var (first, second) = (try open(port.path), try open(port.path))
        #expect(first.result == 0)
        #expect(second.result == Int32(KIOSK_LINE_BUSY))
        kiosk_line_close(&second.line)
        port.unplug()
        var byte: UInt8 = 0
        #expect(kiosk_line_read(&first.line, &byte, 1, 5000) == Int32(KIOSK_LINE_GONE))
        #expect(kiosk_line_write(&first.line, &byte, 1, 5000) == Int32(KIOSK_LINE_GONE))
        kiosk_line_close(&first.line)
        try port.plug()
        var again = try open(port.path)
        #expect(again.result == 0)
        kiosk_line_close(&again.line)
    }

    /// On the port's own thread, which the hang-up waits for.
    @Test func aDeviceMayPullItsOwnPlug() throws {
        let port = try VirtualSerialPort("shy") { bytes in bytes == [1] ? nil : bytes }
        defer { port.remove() }
        for _ in 0..<20 {
            try port.plug()
            var (line, result) = try open(port.path)
            #expect(result == 0)
            #expect(kiosk_line_write(&line, [1], 1, 5000) == 0)
            var byte: UInt8 = 0
            #expect(kiosk_line_read(&line, &byte, 1, 5000) == Int32(KIOSK_LINE_GONE))
            kiosk_line_close(&line)
            #expect(!port.isPlugged)
            var again = try open(port.path)
            #expect(again.result == Int32(KIOSK_LINE_GONE))
            kiosk_line_close(&again.line)
        }
    }

    /// What is said unasked while the plug is pulled is lost, and written nowhere else: the descriptors are nobody's before the sender is out.
    @Test func sendingAndUnpluggingDoNotMeet() throws {
        let port = try VirtualSerialPort("talker") { _ in [] }
        defer { port.remove() }
        let isOver = Atomic<Bool>(false)
        let senders = DispatchGroup()
        for _ in 0..<2 {
            // More than the line holds, so that a sender waits in the middle for somebody to read.
            DispatchQueue.global().async(group: senders) {
                while !isOver.load(ordering: .relaxed) { port.send([UInt8](repeating: 0x55, count: 100_000)) }
            }
        }
        for _ in 0..<200 {
            try port.plug()
            port.unplug()
        }
        isOver.store(true, ordering: .relaxed)
        #expect(senders.wait(timeout: .now() + 30) == .success)
    }

    /// A pseudo-terminal carries any speed: the device is told which the driver has set.
    @Test(arguments: [9600, 19200, 38400, 57600, 115200] as [Int32])
    func aDeviceIsToldTheSpeed(baud: Int32) throws {
        let port = try VirtualSerialPort("meter") { _, speed in withUnsafeBytes(of: speed.littleEndian) { Array($0) } }
        defer { port.remove() }
        try port.plug()
        var (line, result) = try open(port.path, baud: baud)
        defer { kiosk_line_close(&line) }
        #expect(result == 0)
        #expect(kiosk_line_write(&line, [0], 1, 5000) == 0)
        #expect(try read(line, 4) == withUnsafeBytes(of: baud.littleEndian) { Array($0) })
    }

    @Test func whatIsNoPortIsSaid() throws {
        var line = kiosk_line()
        #expect(kiosk_line_serial("/dev/null", 110, &line) == Int32(KIOSK_LINE_ARGUMENT))
        for (path, code) in [("/dev/null", KIOSK_LINE_ARGUMENT), ("/dev/no-such-tty", KIOSK_LINE_GONE)] {
            var (line, result) = try open(path)
            #expect(result == Int32(code))
            kiosk_line_close(&line)
        }
    }

    /// Whether a node is a printer is only known by asking, which may take 5 s: a nearer deadline isn't outlived by it.
    @Test func aPrinterIsOnlyAskedWhenThereIsTime() throws {
        var line = kiosk_line()
        try #require(kiosk_line_node("/dev/null", &line) == 0)
        defer { kiosk_line_close(&line) }
        #expect(kiosk_line_open(&line, 0) == 0)
        #expect(Int(kiosk_line_printer_status(&line, 4999)) == KIOSK_LINE_TIMEOUT)
        #expect(Int(kiosk_line_printer_status(&line, 5000)) == KIOSK_LINE_ARGUMENT)
        var port = kiosk_line()
        try #require(kiosk_line_serial("/dev/null", 9600, &port) == 0)
        defer { kiosk_line_close(&port) }
        #expect(Int(kiosk_line_printer_status(&port, 100)) == KIOSK_LINE_ARGUMENT)
    }

    /// As hidraw and usblp are.
    @Test func aNodeIsReadAndWrittenAsItIs() throws {
        var line = kiosk_line()
        try #require(kiosk_line_node("/dev/zero", &line) == 0)
        #expect(kiosk_line_open(&line, 0) == 0)
        #expect(try read(line, 1).allSatisfy { $0 == 0 })
        #expect(kiosk_line_write(&line, [1, 2, 3], 3, 0) == 0)
        kiosk_line_close(&line)
    }
}
