internal import DeviceLink
internal import KeypadShim

/// What the codes of Linux' keys (linux/input-event-codes.h) mean on a kiosk's keypad. The one table of them; what isn't in it is passed over.
///
/// NumLock is no matter: the kernel's codes name the keys, not what is printed on them for the other state.
enum KeyTable {
    static func key(_ code: UInt16) -> KeyPress.Key? { keys[Int32(code)] }

    private static let keys: [Int32: KeyPress.Key] = [
        KEY_KP0: .digit0, KEY_KP1: .digit1, KEY_KP2: .digit2, KEY_KP3: .digit3, KEY_KP4: .digit4,
        KEY_KP5: .digit5, KEY_KP6: .digit6, KEY_KP7: .digit7, KEY_KP8: .digit8, KEY_KP9: .digit9,
        KEY_0: .digit0, KEY_1: .digit1, KEY_2: .digit2, KEY_3: .digit3, KEY_4: .digit4,
        KEY_5: .digit5, KEY_6: .digit6, KEY_7: .digit7, KEY_8: .digit8, KEY_9: .digit9,
        KEY_NUMERIC_0: .digit0, KEY_NUMERIC_1: .digit1, KEY_NUMERIC_2: .digit2, KEY_NUMERIC_3: .digit3, KEY_NUMERIC_4: .digit4,
        KEY_NUMERIC_5: .digit5, KEY_NUMERIC_6: .digit6, KEY_NUMERIC_7: .digit7, KEY_NUMERIC_8: .digit8, KEY_NUMERIC_9: .digit9,
        KEY_KPASTERISK: .star, KEY_NUMERIC_STAR: .star,
        // Keypads without a # have a / or + in its place.
        KEY_NUMERIC_POUND: .hash, KEY_KPSLASH: .hash, KEY_KPPLUS: .hash,
        KEY_KPDOT: .point, KEY_DOT: .point, KEY_KPCOMMA: .point,
        // The check digit of an ID number. On keypads for it, the key marked X sends the letter or the minus.
        KEY_X: .x, KEY_KPMINUS: .x,
        KEY_ENTER: .enter, KEY_KPENTER: .enter, KEY_OK: .enter,
        KEY_BACKSPACE: .clear, KEY_DELETE: .clear, KEY_CLEAR: .clear,
        KEY_ESC: .cancel, KEY_CANCEL: .cancel,
        KEY_UP: .up, KEY_DOWN: .down, KEY_LEFT: .left, KEY_RIGHT: .right,
        KEY_HELP: .help, KEY_F1: .help,
    ]
}
