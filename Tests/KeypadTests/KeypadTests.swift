import Bench
import DeviceLink
import KeypadShim
import KioskModel
import Synchronization
import Testing

@testable import Keypad

/// The parts of the keypad's driver, and the driver at the simulator.
@Suite(.serialized) struct KeypadTests {
    // MARK: Options

    @Test func everyWrongOptionIsNamedWithWhatToWrite() {
        for (options, word) in [
            (["prot": "x"], "prot="), ([:], "usb=062a:4101"), (["usb": "62a:4101"], "four digits"), (["device": "event3"], "whole path"),
            (["device": "/dev/input/event3", "name": "x"], "either"),
        ] {
            let fault = #expect(throws: DeviceFault.self) { try KeypadDriver(options: options) }
            #expect(fault?.code == "keypad.configuration")
            #expect(fault?.detail.contains(word) == true, "\(fault?.detail ?? "")")
        }
    }

    @Test func idsAndNameAreLookedForTogether() throws {
        #expect(try KeypadPlace(options: ["usb": "062A:4101", "name": "Keypad"]) == .search(ids: 0x062A_4101, name: "Keypad"))
    }

    @Test(arguments: [
        (KIOSK_KEYPAD_GONE, "keypad.absent", DeviceState.absent), (KIOSK_KEYPAD_ACCESS, "keypad.access", .needsTechnician),
        (KIOSK_KEYPAD_BUSY, "keypad.busy", .needsTechnician), (KIOSK_KEYPAD_ARGUMENT, "keypad.configuration", .needsTechnician),
        (KIOSK_KEYPAD_AMBIGUOUS, "keypad.configuration", .needsTechnician), (KIOSK_KEYPAD_IO, "keypad.io-error", .offline),
        (KIOSK_KEYPAD_TIMEOUT, "keypad.no-reply", .offline), (KIOSK_KEYPAD_MEMORY, "keypad.io-error", .offline),
    ])
    func everyCodeOfTheShimHasItsFault(_ code: Int, _ fault: String, _ state: DeviceState) {
        let failure = KeypadFailure(code: Int32(code))
        #expect(failure.fault.code == fault && failure.state == state)
    }

    // MARK: Events and capabilities

    @Test func everyDigitIsOnThreeKeysAndEveryKeyOfTheLinkCanBePressed() {
        let meanings = (UInt16(0)...767).compactMap(KeyTable.key)
        for digit in KeyPress.Key.allCases.prefix(10) { #expect(meanings.count { $0 == digit } == 3) }
        #expect(Set(meanings) == Set(KeyPress.Key.allCases))
        // Without NumLock the kernel says the same codes: KEY_KP7 is no KEY_HOME.
        #expect(KeyTable.key(71) == .digit7 && KeyTable.key(79) == .digit1 && KeyTable.key(102) == nil)
    }

    @Test func keysAreTakenOutOfEventsHoweverTheyAreCut() {
        let bytes = event(1, 79, 1) + event(0, 0, 0) + event(1, 79, 2) + event(1, 79, 0) + event(0, 0, 0) + event(4, 4, 1) + event(1, 80, 1)
        for step in 1...bytes.count {
            var stream = kiosk_key_stream()
            var codes: [UInt16] = []
            for start in stride(from: 0, to: bytes.count, by: step) { codes += take(Array(bytes[start..<min(start + step, bytes.count)]), &stream) }
            #expect(codes == [79, 80], "cut after \(step)")
        }
    }

    @Test func whatFollowsLostEventsIsNotTrustedUntilTheReportIsOver() {
        var stream = kiosk_key_stream()
        #expect(take(event(1, 2, 1) + event(0, 3, 0) + event(1, 3, 1) + event(1, 4, 1), &stream) == [2])
        #expect(take(event(1, 5, 1) + event(0, 0, 0) + event(1, 6, 1), &stream) == [6])
    }

    @Test(arguments: [
        ("1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe", true),  // a keyboard
        ("ff80 0", false), ("ff780 0", false),
        ("fff80 0", true),  // the keypad's block only: codes 71 to 83
        ("ffc", true),  // the row: codes 2 to 11
        ("7fc", false), ("3ff 0 0 0 0 0 0 0 0", true),  // KEY_NUMERIC_0 to 9: codes 512 to 521
        ("10000000000000 0", false),  // a power button
        ("", false), ("ffc x", false), ("1 1 1 1 1 1 1 1 1 1 1 1 ffc", false),
    ])
    func aKeypadIsKnownByItsDigits(_ capabilities: String, _ has: Bool) {
        #expect(kiosk_keypad_has_digits(capabilities) == has)
    }

    // MARK: The driver

    @Test func aKeyIsNeverShown() {
        let press = DeviceProgress.key(KeyPress(.digit7))
        #expect(!"\(press)".contains("digit7") && !String(reflecting: press).contains("digit7"))
        var dumped = ""
        dump(press, to: &dumped)
        #expect(!dumped.contains("digit7"))
    }

    @Test func nobodyReadsTheKeypadButDuringTheCommand() async throws {
        let keypad = try KeypadSimulator()
        defer { keypad.remove() }
        try keypad.plug()
        let typing = try Typing(keypad)
        #expect(typing.driver.withLock { $0.poll().state } == .ready)
        #expect(!keypad.isRead)
        keypad.press(79)
        let running = typing.start(for: .seconds(60))
        try await typing.awaitReader()
        keypad.press(80)
        keypad.send(81, .down)
        keypad.send(81, .held)
        keypad.send(81, .up)
        keypad.overflow([75])
        keypad.press(240)
        keypad.press(96)
        try await typing.await([.digit2, .digit3, .enter])
        typing.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(!keypad.isRead)
    }

    @Test(arguments: KeypadSimulator.Step.allCases)
    func unpluggedAtAnyStepItIsAbsentAndComesBack(_ step: KeypadSimulator.Step) async throws {
        let keypad = try KeypadSimulator()
        defer { keypad.remove() }
        try keypad.plug()
        let typing = try Typing(keypad)
        keypad.unplug(at: step)
        let running = typing.start(for: .seconds(60))
        if step != .open { try await typing.awaitReader() }
        keypad.press(79)
        let fault = await #expect(throws: DeviceFault.self) { try await running.value }
        #expect(fault?.code == "keypad.absent")
        #expect(typing.driver.withLock { $0.poll().state } == .absent)
        try keypad.plug()
        #expect(typing.driver.withLock { $0.poll().state } == .ready)
    }

    @Test func theDeadlineEndsItWell() async throws {
        let keypad = try KeypadSimulator()
        defer { keypad.remove() }
        try keypad.plug()
        #expect(try await Typing(keypad).start(for: .milliseconds(150)).value == .done)
    }

    private func event(_ type: UInt16, _ code: UInt16, _ value: UInt8) -> [UInt8] {
        [UInt8](repeating: 7, count: 16) + [UInt8(type), 0, UInt8(code & 0xFF), UInt8(code >> 8), value, 0, 0, 0]
    }

    private func take(_ bytes: [UInt8], _ stream: inout kiosk_key_stream) -> [UInt16] {
        var codes = [UInt16](repeating: 0, count: 64)
        let count = kiosk_key_stream_take(&stream, bytes, bytes.count, &codes, codes.count)
        return Array(codes.prefix(count))
    }
}

/// One driver at a simulated keypad, and the keys it handed over.
private final class Typing: Sendable {
    let keypad: KeypadSimulator
    let driver: Mutex<KeypadDriver>
    private let keys = Mutex<[KeyPress.Key]>([])
    private let context = Mutex<CommandContext?>(nil)

    init(_ keypad: KeypadSimulator) throws {
        self.keypad = keypad
        driver = Mutex(try KeypadDriver(options: ["device": keypad.path]))
    }

    func start(for time: Duration) -> Task<DeviceResult, any Error> {
        let context = CommandContext(deadline: .now + time) { [self] progress, _ in
            if case .key(let press) = progress { keys.withLock { $0.append(press.key.reveal) } }
        }
        self.context.withLock { $0 = context }
        return Task { [self] in
            try await withCheckedThrowingContinuation { continuation in
                do { try run(context) { continuation.resume(with: $0) } } catch { continuation.resume(throwing: error) }
            }
        }
    }

    /// On a thread of its own, as in a host: a driver blocks.
    private func run(_ context: CommandContext, _ end: @escaping @Sendable (Result<DeviceResult, any Error>) -> Void) throws {
        try BlockingThread.start("driver") { [self] in
            end(Result { try driver.withLock { try $0.perform(.readKeys, files: [], context: context).result } })
        }
    }

    func cancel() { context.withLock { $0?.cancel() } }

    func awaitReader() async throws {
        try await Poll.until("the driver to read") { keypad.isRead ? .there(()) : .notYet("nobody reads") }
    }

    func await(_ wanted: [KeyPress.Key]) async throws {
        try await Poll.until("the keys") { keys.withLock { $0 == wanted ? .there(()) : .notYet("\($0)") } }
    }
}
