internal import Foundation
internal import Glibc
internal import Synchronization

/// The device's end of a USB/IP connection and the thread that serves it, from plugging in to unplugging.
final class USBIPConnection: Sendable {
    /// What the device does upon a request: what it answers, and whether its plug is pulled after that.
    struct Reaction: Equatable, Sendable {
        var replies: [USBIPReply] = []
        var isPulled = false
    }

    private struct State {
        var isOpen = true
        var isClosing = false
        var failure: USBIPError?
    }

    private let socket: Int32
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// Takes over `socket`, a stream. `react` is called on the connection's own thread.
    init(socket: Int32, react: @escaping @Sendable (USBIPRequest) -> Reaction) {
        self.socket = socket
        let thread = Thread { [self] in
            var failure: USBIPError?
            do {
                try serve(react)
            } catch {
                failure = error as? USBIPError
            }
            state.withLock { state in
                // What the hanging up itself broke is no failure.
                state.failure = state.isClosing ? nil : failure
                state.isOpen = false
                // Within the lock: `close` must not shut down a descriptor that meanwhile is someone else's.
                Glibc.close(socket)
            }
            ended.signal()
        }
        thread.name = "usbip-device"
        thread.start()
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Why the connection ended; nil while it is open, and when either side closed it between messages.
    var failure: USBIPError? { state.withLock { $0.failure } }

    /// Hangs up and returns when the thread has ended. May be called again.
    func close() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isClosing = true
            _ = shutdown(socket, Int32(SHUT_RDWR))
        }
        ended.wait()
        ended.signal()
    }

    private func serve(_ react: (USBIPRequest) -> Reaction) throws {
        var early = USBEarlyUnlinks()
        while true {
            let header = try receive(USBIPRequest.headerLength)
            if header.isEmpty { return }
            let request = try USBIPRequest(header: header) { count in
                let body = try receive(count)
                guard body.count == count else { throw USBIPError.truncated(got: body.count, wanted: count) }
                return body
            }
            let reaction = early.pass(request, to: react)
            for reply in reaction.replies { try send(reply.bytes) }
            if reaction.isPulled { return }
        }
    }

    /// `count` bytes, or fewer when the other end has closed.
    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress?.advanced(by: filled), count - filled, 0) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw USBIPError.system(call: "recv", code: errno) }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }

    private func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0 && errno == EINTR { continue }
            guard sent > 0 else { throw USBIPError.system(call: "send", code: errno) }
            rest = rest.dropFirst(sent)
        }
    }
}
