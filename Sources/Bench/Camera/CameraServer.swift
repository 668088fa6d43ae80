internal import Foundation
internal import Glibc
internal import Synchronization

/// The socket of a simulated camera, from plugging in to unplugging. One driver at a time, as a video device streams to one.
final class CameraServer: Sendable {
    private static let magic: UInt32 = 0x4D41_434B
    private let listener: Int32
    /// A pipe: closing `stop` wakes the thread, which polls `stopped`.
    private let stop: Int32
    private let stopped: Int32
    private let path: String
    private let ended = DispatchSemaphore(value: 0)
    /// Whether `close` is under way: it comes from a test and from the thread itself.
    private let isClosed = Mutex(false)

    init(_ camera: CameraSimulator) throws {
        path = camera.socketPath
        unlink(path)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CameraSimulator.Failure.system(call: "pipe", code: errno) }
        (stopped, stop) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard listener >= 0, bound == 0, listen(listener, 4) == 0 else {
            let code = errno
            for descriptor in [listener, stop, stopped] where descriptor >= 0 { Glibc.close(descriptor) }
            throw CameraSimulator.Failure.system(call: "bind", code: code)
        }
        let thread = Thread { [self, weak camera] in
            while waitFor(listener, POLLIN), let camera { serve(accept(listener, nil, nil), camera) }
            for descriptor in [listener, stopped] { Glibc.close(descriptor) }
            ended.signal()
        }
        thread.name = "camera-simulator"
        thread.start()
    }

    /// Hangs up; returns when the thread has ended.
    func close() {
        if hangUp() { ended.wait() }
    }

    /// Lets the thread end; true for the first to do so.
    @discardableResult
    func hangUp() -> Bool {
        isClosed.withLock { isClosed in
            guard !isClosed else { return false }
            isClosed = true
            unlink(path)
            Glibc.close(stop)
            return true
        }
    }

    // MARK: The protocol

    private func serve(_ connection: Int32, _ camera: CameraSimulator) {
        guard connection >= 0 else { return }
        defer {
            Glibc.close(connection)
            camera.state.withLock { $0.isStreaming = false }
        }
        guard !pulls(.hello, camera), greet(connection, camera) else { return }
        var (mode, sequence): (CameraSimulator.Mode?, UInt32) = (nil, 0)
        var due = ContinuousClock.now
        while let request = receive(connection) {
            if request[0] == 1 {
                guard !pulls(.start, camera) else { return }
                let wanted = CameraSimulator.Mode(isMJPEG: request[1] == 1, width: Int(request[2]), height: Int(request[3]))
                let refusal = camera.state.withLock { state -> Int32 in
                    guard camera.modes.contains(wanted) else { return EINVAL }
                    state.starts.append(wanted)
                    if !state.refusals.isEmpty { return state.refusals.removeFirst().code }
                    state.isStreaming = true
                    return 0
                }
                mode = refusal == 0 ? wanted : nil
                guard send(connection, words([UInt32(refusal), 0, 0, 0])) else { return }
            } else {
                guard let mode else { return }
                // A camera has its own pace, whoever asks.
                guard rest(until: due) else { return }
                due = max(due, .now) + .seconds(1) / camera.rate
                guard sendFrame(connection, mode, &sequence, camera) else { return }
            }
        }
    }

    private func greet(_ connection: Int32, _ camera: CameraSimulator) -> Bool {
        var hello = words([Self.magic, UInt32(camera.modes.count)])
        for text in ["Synthetic camera", "SIM-1"] { hello += Array(text.utf8) + [UInt8](repeating: 0, count: 32 - text.utf8.count) }
        for mode in camera.modes { hello += words([mode.isMJPEG ? 1 : 2, UInt32(mode.width), UInt32(mode.height)]) }
        return send(connection, hello)
    }

    private func sendFrame(_ connection: Int32, _ mode: CameraSimulator.Mode, _ sequence: inout UInt32, _ camera: CameraSimulator) -> Bool {
        let (damage, lost) = camera.state.withLock { state -> (CameraSimulator.Damage?, UInt32) in
            defer { state.lost = 0 }
            return (state.isDamagedForever ?? (state.damage.isEmpty ? nil : state.damage.removeFirst()), state.lost)
        }
        guard var frame = try? camera.picture(mode, step: Int(sequence)) else { return false }
        switch damage {
        case .truncated: frame = frame.prefix(frame.count / 2)
        case .headless: frame = frame.dropFirst(frame.count / 2)
        case .resized:
            guard let other = try? camera.picture(CameraSimulator.Mode(isMJPEG: mode.isMJPEG, width: mode.width / 2, height: mode.height / 2)) else {
                return false
            }
            frame = other
        case .empty: frame = Data()
        case .flagged, nil: break
        }
        sequence += lost
        camera.state.withLock { $0.onFrame }?(sequence, frame)
        let bytes = words([0, sequence, damage == .flagged ? 1 : 0, UInt32(frame.count)]) + Array(frame)
        sequence += 1
        let half = bytes.count / 2
        guard send(connection, Array(bytes[..<half])) else { return false }
        while camera.state.withLock({ $0.isStalled }) {
            guard rest(until: .now + .milliseconds(10)) else { return false }
        }
        return !pulls(.frame, camera) && send(connection, Array(bytes[half...]))
    }

    /// Whether the plug is to be pulled here; then it is.
    private func pulls(_ step: CameraSimulator.Step, _ camera: CameraSimulator) -> Bool {
        let pulls = camera.state.withLock { state -> Bool in
            guard state.unplugAt == step else { return false }
            (state.unplugAt, state.server, state.isStreaming) = (nil, nil, false)
            return true
        }
        if pulls { hangUp() }
        return pulls
    }

    // MARK: The socket

    private func words(_ numbers: [UInt32]) -> [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    }

    /// Five words, or nil at the end.
    private func receive(_ connection: Int32) -> [UInt32]? {
        var bytes = [UInt8](repeating: 0, count: 20)
        var used = 0
        while used < bytes.count {
            guard waitFor(connection, POLLIN) else { return nil }
            let count = bytes.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress?.advanced(by: used), $0.count - used, Int32(MSG_DONTWAIT))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { return nil }
            used += count
        }
        return bytes.withUnsafeBytes { raw in (0..<5).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) } }
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard waitFor(connection, POLLOUT) else { return false }
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            let sent = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, flags) }
            guard sent > 0 || errno == EINTR || errno == EAGAIN else { return false }
            rest = rest.dropFirst(max(0, sent))
        }
        return true
    }

    /// False when the plug was pulled meanwhile.
    private func rest(until due: ContinuousClock.Instant) -> Bool {
        while true {
            let left = due - .now
            guard left > .zero else { return true }
            var entry = pollfd(fd: stopped, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, max(1, Int32(left / .milliseconds(1)))) > 0 { return false }
        }
    }

    /// False when the plug was pulled.
    private func waitFor(_ descriptor: Int32, _ events: Int32) -> Bool {
        var entries = [pollfd(fd: descriptor, events: Int16(events), revents: 0), pollfd(fd: stopped, events: Int16(POLLIN), revents: 0)]
        while poll(&entries, 2, -1) < 0 {
            if errno != EINTR { return false }
        }
        return entries[1].revents == 0
    }
}
