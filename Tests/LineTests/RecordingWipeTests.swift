import Glibc
import LineShim
import Testing

@testable import Line

/// What was personal is overwritten where it stood, and not in a copy: these tests look at the memory that was let go of.
@Suite struct RecordingWipeTests {
    private static let count = 4096
    /// Of a page of anything else about 16 bytes are the same by chance.
    private static let byChance = 64

    /// A pattern that nothing else in this process has.
    private static func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: 1 + (index &* 31 &+ index / 251 &* 7) % 251) }
    private static func pattern() -> [UInt8] { (0..<count).map { byte($0) } }

    private static func address(_ bytes: borrowing [UInt8]) -> Int { bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } }

    private static func address(_ recording: borrowing Recording, _ index: Int) -> Int {
        switch recording.events[index] {
        case .sent(let bytes), .received(let bytes): address(bytes)
        case .failed, .opened, .silent: 0
        }
    }

    /// Memory by its address, whether or not anything holds it: read by the kernel. Made before what it is to look at, whose place it must not take.
    private final class Looker {
        private let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        private let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordingWipeTests.count, alignment: 16)

        deinit {
            close(memory)
            copy.deallocate()
        }

        /// How many bytes of the pattern stand there; 0 where there is no memory any more.
        func left(at address: Int) -> Int {
            guard memory >= 0, pread(memory, copy.baseAddress, copy.count, off_t(address)) == copy.count else { return 0 }
            var same = 0
            for index in 0..<copy.count where copy[index] == RecordingWipeTests.byte(index) { same += 1 }
            return same
        }
    }

    @Test func aRecordingIsWipedWhereItStands() {
        let looker = Looker()
        var recording = Recording(events: [.opened, .sent(Self.pattern()), .silent, .received(Self.pattern())])
        let addresses = [Self.address(recording, 1), Self.address(recording, 3)]
        #expect(addresses.map { looker.left(at: $0) } == [Self.count, Self.count])
        recording.wipe()
        let left = addresses.map { looker.left(at: $0) }
        #expect(left.allSatisfy { $0 < Self.byChance }, "\(left) bytes are left")
        #expect(recording.events.isEmpty)
    }

    @Test func thePiecesOfWhatCameAreWiped() {
        let looker = Looker()
        var recording = Recording(events: [.received(Self.pattern())])
        let more = Self.pattern()
        let addresses = [Self.address(recording, 0), Self.address(more)]
        recording.append(.received(consume more))
        let left = addresses.map { looker.left(at: $0) }
        #expect(left.allSatisfy { $0 < Self.byChance }, "\(left) bytes are left")
        #expect(recording.events == [.received(Self.pattern() + Self.pattern())])
    }

    /// Neither the recorder nor a line that is still open holds on to what was handed over.
    @Test func whatARecorderHandedOverIsWiped() throws {
        final class Silent: SwiftLine {
            func open(deadline: Int32) -> Int32 { 0 }
            func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 { 0 }
            func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 { Int32(KIOSK_LINE_TIMEOUT) }
            func close() {}
        }
        let looker = Looker()
        let recorder = LineRecorder()
        recorder.begin()
        var line = recorder.line(around: kiosk_line(over: Silent()))
        defer { kiosk_line_close(&line) }
        #expect(kiosk_line_write(&line, Self.pattern(), Self.count, 1000) == 0)
        var recording = try recorder.end()
        let address = Self.address(recording, 0)
        #expect(looker.left(at: address) == Self.count)
        recording.wipe()
        #expect(looker.left(at: address) < Self.byChance)
    }
}
