internal import KioskModel
internal import LockerShim

/// What can be wrong with a locker: one case for each code of the shim, and what its doors may do.
enum LockerFailure: Error, Equatable {
    /// Nothing came from the board with that address.
    case timeout(board: Int)
    /// Only our own command came back: the adapter hears itself.
    case onlyEcho(board: Int)
    /// Bytes came, and no answer among them.
    case garbled(board: Int)
    case gone, access, busy, system
    /// The port or the numbers can't be what the configuration says: why, in one sentence.
    case configuration(String)
    /// The door was told to open, and stayed closed.
    case stuck(door: Int)

    /// - Parameters:
    ///   - board: the one that was spoken to; 0 for opening the port
    init(code: Int32, board: Int = 0) {
        self =
            switch Int(code) {
            case KIOSK_LOCKER_TIMEOUT: .timeout(board: board)
            case KIOSK_LOCKER_ONLY_ECHO: .onlyEcho(board: board)
            case KIOSK_LOCKER_GARBLED: .garbled(board: board)
            case KIOSK_LOCKER_GONE: .gone
            case KIOSK_LOCKER_ACCESS: .access
            case KIOSK_LOCKER_BUSY: .busy
            case KIOSK_LOCKER_ARGUMENT: .configuration("port= names no tty, or baud= is none of 9600, 19200, 38400, 57600 and 115200")
            default: .system
            }
    }

    /// Whether the question may be asked again on the open port: the board was silent, or disturbed.
    var isSilence: Bool {
        switch self {
        case .timeout, .onlyEcho, .garbled: true
        case .gone, .access, .busy, .system, .configuration, .stuck: false
        }
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout(let board): DeviceFault(code: "locker.no-reply", action: .reset, detail: "board \(board) does not answer")
        case .onlyEcho(let board):
            DeviceFault(
                code: "locker.no-reply", action: .reset,
                detail: "board \(board) does not answer, and the adapter hears itself: look for the board's power, its address and the wires A and B")
        case .garbled(let board):
            DeviceFault(
                code: "locker.garbled-reply", action: .reset,
                detail: "what comes instead of board \(board)'s answer is none: another speed, a disturbed line, or two boards with one address")
        case .gone: DeviceFault(code: "locker.absent", action: .replug, detail: "the tty of the locker doesn't exist, or hung up")
        case .access: DeviceFault(code: "locker.access", action: .configure, detail: "this user may not open the tty: it needs the group dialout")
        case .busy: DeviceFault(code: "locker.busy", action: .configure, detail: "another process holds the tty")
        case .system: DeviceFault(code: "locker.io-error", action: .replug, detail: "a system call on the locker's tty failed")
        case .configuration(let detail): DeviceFault(code: "locker.configuration", action: .configure, detail: detail)
        case .stuck(let door):
            DeviceFault(code: "locker.door-stuck", action: .clear, detail: "door \(door) was told to open, and was not seen open")
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .configuration: .needsTechnician
        case .timeout, .onlyEcho, .garbled, .system, .stuck: .offline
        }
    }
}
