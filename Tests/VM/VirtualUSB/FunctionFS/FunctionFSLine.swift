internal import Foundation
internal import Glibc
internal import Synchronization

/// The open endpoint files of a FunctionFS function and the threads that serve them, from plugging in to unplugging.
final class FunctionFSLine: Sendable {
    private struct State {
        /// The host has set the configuration: endpoint files work.
        var isEnabled = false
        var isStopped = false
        var output: [[UInt8]] = []
    }

    private let files: [Int32]
    /// A pipe: closing `stop` wakes the thread that polls ep0.
    private let stop: Int32
    private let stopped: Int32
    private let condition = NSCondition()
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// Opens ep0 and writes the descriptors; then ep1, from the host, and ep2, to the host. `answer` is called on the line's own thread with each
    /// transfer that came, and returns the transfers to send; nil stops the line.
    init(directory: String, descriptors: FunctionFSDescriptors, answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]?) throws {
        var opened: [Int32] = []
        do {
            func keep(_ descriptor: Int32, _ what: String) throws {
                guard descriptor >= 0 else { throw FunctionFSGadget.Failure(what: what, code: errno) }
                opened.append(descriptor)
            }
            try keep(open(directory + "/ep0", O_RDWR | O_CLOEXEC), "open \(directory)/ep0")
            for blob in [descriptors.descriptors, descriptors.strings] {
                guard write(opened[0], blob, blob.count) == blob.count else {
                    throw FunctionFSGadget.Failure(what: "write descriptors to \(directory)/ep0", code: errno)
                }
            }
            // Not to wait in open and read for a host that never comes: what can be waited for is waited for here.
            for name in ["ep1", "ep2"] { try keep(open(directory + "/" + name, O_RDWR | O_NONBLOCK | O_CLOEXEC), "open \(directory)/\(name)") }
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw FunctionFSGadget.Failure(what: "pipe", code: errno) }
            (stopped, stop) = (ends[0], ends[1])
        } catch {
            for descriptor in opened { Glibc.close(descriptor) }
            throw error
        }
        files = opened
        for work in [{ [self] in watch() }, { [self] in serveInput(answer) }, { [self] in serveOutput() }] as [@Sendable () -> Void] {
            let thread = Thread { [ended] in
                work()
                ended.signal()
            }
            thread.name = "functionfs"
            thread.start()
        }
    }

    /// Ends the threads and closes the files. The gadget must have been unbound, which ends what they wait for. Call it once.
    func close() {
        Glibc.close(stop)
        change { $0.isStopped = true }
        for _ in files { ended.wait() }
        for descriptor in files.reversed() + [stopped] { Glibc.close(descriptor) }
    }

    private func change(_ body: (inout State) -> Void) {
        condition.lock()
        state.withLock { body(&$0) }
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until `fits`; false when the line is stopped.
    private func wait(until fits: (borrowing State) -> Bool) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while true {
            let (isStopped, isThere) = state.withLock { ($0.isStopped, fits($0)) }
            if isStopped { return false }
            if isThere { return true }
            condition.wait()
        }
    }

    /// Reads the events of ep0 and refuses what the host asks beyond the standard.
    private func watch() {
        // struct usb_functionfs_event: the setup packet, the kind, three bytes of padding.
        var event = [UInt8](repeating: 0, count: 12)
        while true {
            var entries = [pollfd(fd: files[0], events: Int16(POLLIN), revents: 0), pollfd(fd: stopped, events: Int16(POLLIN), revents: 0)]
            if poll(&entries, 2, -1) < 0 && errno != EINTR { return }
            if entries[1].revents != 0 { return }
            if entries[0].revents == 0 { continue }
            guard read(files[0], &event, event.count) == event.count else {
                if errno == EINTR || errno == EAGAIN { continue }
                return
            }
            switch event[8] {
            case 2: change { $0.isEnabled = true }
            case 1, 3: change { $0.isEnabled = false }
            case 4:
                // To go the wrong way is to stall.
                if event[0] & 0x80 != 0 { _ = read(files[0], &event, 0) } else { _ = write(files[0], event, 0) }
            default: break
            }
        }
    }

    private func serveInput(_ answer: ([UInt8]) -> [[UInt8]]?) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while wait(until: { $0.isEnabled }) {
            let count = read(files[1], &buffer, buffer.count)
            guard count >= 0 else {
                if pauses(errno) { continue }
                return
            }
            guard let transfers = answer(Array(buffer.prefix(count))) else { return }
            change { $0.output += transfers }
        }
    }

    private func serveOutput() {
        while wait(until: { $0.isEnabled && !$0.output.isEmpty }) {
            let next = state.withLock { $0.output[0] }
            let sent = write(files[2], next, next.count)
            if sent < 0 && !pauses(errno) { return }
            // What the host no longer takes is lost with the plug; else it is sent again when the host is back.
            if sent >= 0 { state.withLock { _ = $0.output.removeFirst() } }
        }
    }

    /// Whether an endpoint is only away for now. The event that says so may still be on its way: it isn't asked again at once.
    private func pauses(_ code: Int32) -> Bool {
        guard [EINTR, EAGAIN, ESHUTDOWN, ENODEV].contains(code) else { return false }
        if code != EINTR { usleep(10_000) }
        return true
    }
}
