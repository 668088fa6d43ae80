internal import Dispatch
internal import Foundation
internal import Glibc
internal import Synchronization

/// One pseudo-terminal and the thread that answers on it, from plugging in to unplugging.
final class PseudoTerminal: Sendable {
    /// `/dev/pts/N`
    let terminalPath: String
    private let master: Int32
    /// Held open, or the master would report a hang-up whenever no driver has the terminal open.
    private let terminal: Int32
    /// A pipe: closing `stop` wakes the thread, which polls `stopped`.
    private let stop: Int32
    private let stopped: Int32
    private let ended = DispatchSemaphore(value: 0)
    /// An answer isn't mixed with what is sent unasked. False once the line is closed.
    private let sending = Mutex(true)

    /// - Parameters:
    ///   - answer: called on the line's own thread with what came, and returns what to send; nil when the device pulls its plug instead
    ///   - pulled: called on that thread after that, as the last thing: it may not wait for ``close()``
    init(answer: @escaping @Sendable ([UInt8], _ speed: Int32) -> [UInt8]?, pulled: @escaping @Sendable (PseudoTerminal) -> Void) throws {
        var opened: [Int32] = []
        do {
            func keep(_ descriptor: Int32, _ call: String) throws -> Int32 {
                guard descriptor >= 0 else { throw VirtualSerialPort.Failure.system(call: call, code: errno) }
                opened.append(descriptor)
                return descriptor
            }
            master = try keep(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), "open(/dev/ptmx)")
            terminalPath = try Self.unlockedTerminal(of: master)
            terminal = try keep(open(terminalPath, O_RDWR | O_NOCTTY | O_CLOEXEC), "open(terminal)")
            guard Self.makeRaw(terminal) else { throw VirtualSerialPort.Failure.system(call: "tcsetattr", code: errno) }
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw VirtualSerialPort.Failure.system(call: "pipe", code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (stopped, stop) = (ends[0], ends[1])
        } catch {
            for descriptor in opened { Glibc.close(descriptor) }
            throw error
        }
        let thread = Thread { [self] in
            if serve(answer) == .pulled { pulled(self) }
            ended.signal()
        }
        thread.name = "serial-port"
        thread.start()
    }

    /// Ends the thread and hangs up; returns when that is done. Call it once.
    func close() {
        Glibc.close(stop)
        ended.wait()
        // A sender on another thread has seen `stopped` by now, or is about to: the descriptors are nobody else's before it is out.
        sending.withLock { $0 = false }
        for descriptor in [master, terminal, stopped] { Glibc.close(descriptor) }
    }

    /// What unlockpt and ptsname do; Swift's Glibc module has neither.
    private static func unlockedTerminal(of master: Int32) throws -> String {
        let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
        let getNumber: UInt = 0x8004_5430  // TIOCGPTN
        var locked: Int32 = 0
        var number: UInt32 = 0
        guard ioctl(master, setLock, &locked) == 0, ioctl(master, getNumber, &number) == 0 else {
            throw VirtualSerialPort.Failure.system(call: "ioctl(/dev/ptmx)", code: errno)
        }
        return "/dev/pts/\(number)"
    }

    /// No echo and no line editing, even before the driver has set the terminal up.
    private static func makeRaw(_ descriptor: Int32) -> Bool {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        cfmakeraw(&settings)
        return tcsetattr(descriptor, TCSANOW, &settings) == 0
    }

    private enum End { case closed, pulled }

    private func serve(_ answer: ([UInt8], _ speed: Int32) -> [UInt8]?) -> End {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while waitFor(POLLIN) {
            let count = read(master, &buffer, buffer.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count > 0 else { return .closed }
            guard let said = answer(Array(buffer.prefix(count)), speed) else { return .pulled }
            guard send(said) else { return .closed }
        }
        return .closed
    }

    /// What the driver has set the terminal to, baud; 0 for a speed that no driver here sets. A pseudo-terminal carries any.
    private var speed: Int32 {
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { return 0 }
        switch Int32(bitPattern: cfgetospeed(&settings)) {
        case Int32(B9600): return 9600
        case Int32(B19200): return 19200
        case Int32(B38400): return 38400
        case Int32(B57600): return 57600
        case Int32(B115200): return 115_200
        default: return 0
        }
    }

    /// Returns when the other end has taken everything; false when the line is to be closed or broke.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        sending.withLock { isOpen in
            guard isOpen else { return false }
            var rest = bytes[...]
            while !rest.isEmpty {
                guard waitFor(POLLOUT) else { return false }
                let sent = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
                guard sent > 0 || errno == EINTR || errno == EAGAIN else { return false }
                rest = rest.dropFirst(max(0, sent))
            }
            return true
        }
    }

    /// False when the line is to be closed.
    private func waitFor(_ events: Int32) -> Bool {
        var entries = [pollfd(fd: master, events: Int16(events), revents: 0), pollfd(fd: stopped, events: Int16(POLLIN), revents: 0)]
        while poll(&entries, 2, -1) < 0 {
            if errno != EINTR { return false }
        }
        return entries[1].revents == 0
    }
}
