public import DeviceLink
internal import Glibc
internal import KeypadShim
public import KioskModel

/// Numeric keypads, by evdev.
///
/// What is typed may be a telephone number or a code. So the keypad is open only while ``DeviceCommand/readKeys`` runs, and then to this process
/// alone: what was pressed before is nowhere to be read, what is pressed meanwhile reaches nobody else, and no key is kept or logged here.
public final class KeypadDriver: DeviceDriver {
    /// The longest wait that can't be cancelled, milliseconds.
    private static let step: Int32 = 100

    private let place: KeypadPlace
    /// The last opening failed so. A search alone can't see it: poll tries again until it goes.
    private var refusal: KeypadFailure?

    /// Options: `usb`, vendor and product as `062a:4101`, and `name`, as the device calls itself, find it among the devices with number keys;
    /// or `device`, its node.
    /// - Throws: `DeviceFault` `keypad.configuration`.
    public init(options: [String: String]) throws {
        place = try KeypadPlace(options: options)
    }

    public func poll() -> DeviceStatus {
        do {
            let (path, identity) = try place.find()
            if refusal != nil { kiosk_keypad_close(try open(path)) }
            return DeviceStatus(state: .ready, identity: identity)
        } catch {
            return DeviceStatus(state: error.state, fault: error.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard case .readKeys = command else {
            throw DeviceFault(code: "keypad.unsupported-command", action: .configure, detail: "a keypad was given another device's command")
        }
        do {
            let keypad = try open(try place.find().path)
            defer { kiosk_keypad_close(keypad) }
            try readKeys(keypad, context)
        } catch let failure as KeypadFailure {
            throw failure.fault
        }
        return DeviceReply(.done)
    }

    private func open(_ path: String) throws(KeypadFailure) -> OpaquePointer {
        refusal = nil
        do throws(KeypadFailure) {
            var opened: OpaquePointer?
            try KeypadFailure.check(kiosk_keypad_open(path, &opened))
            guard let opened else { throw KeypadFailure.system }
            return opened
        } catch {
            refusal = error
            throw error
        }
    }

    private func readKeys(_ keypad: OpaquePointer, _ context: CommandContext) throws {
        var codes = [UInt16](repeating: 0, count: Int(KIOSK_KEYPAD_MAX_KEYS))
        defer { codes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        while context.remainingMilliseconds > 0 {
            try context.checkCancelled()
            let count = kiosk_keypad_read(keypad, &codes, min(Self.step, context.remainingMilliseconds))
            if Int(count) == KIOSK_KEYPAD_TIMEOUT { continue }
            for code in codes.prefix(Int(try KeypadFailure.check(count))) {
                if let key = KeyTable.key(code) { try context.report(.key(KeyPress(key))) }
            }
        }
    }
}
