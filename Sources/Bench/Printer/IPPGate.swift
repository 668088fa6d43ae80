internal import Foundation
internal import Glibc
internal import Synchronization

/// A simulated printer's plug and cable: passes connections on to it, knows which IPP operation goes by, and can be cut at any of them.
///
/// It looks only at the first bytes of a request. Client and printer take turns on a connection, so that bytes that begin with `POST` and come
/// from the client begin a request.
public final class IPPGate: Sendable {
    public enum Step: String, Sendable, CaseIterable {
        /// Create-Job has come, and the printer doesn't hear of it.
        case create
        /// The first bytes of the document have gone by.
        case data
        /// The document has been taken, and the answer is on its way.
        case processing
    }

    let port: Int
    private let printer: Int
    private let state = Mutex(State())

    private struct State {
        var listener: Int32?
        var descriptors: Set<Int32> = []
        var isMute = false
        /// Each request needs a connection of its own.
        var keepsNone = false
        var garblesCreation = false
        var accepted = 0
        var lastConnection: ContinuousClock.Instant?
        var armed: (step: Step, then: @Sendable () -> Void)?
    }

    struct SystemFailure: Error {
        var call: String
        var code: Int32
    }

    /// Listens on loopback once it is opened. `printer` is the port behind.
    init(port: Int, printer: Int) {
        self.port = port
        self.printer = printer
    }

    deinit { cut() }

    var isOpen: Bool { state.withLock { $0.listener != nil } }

    func open() throws {
        guard !isOpen else { return }
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Self.withAddress(port, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            let code = errno
            close(listener)
            throw SystemFailure(call: "listen", code: code)
        }
        state.withLock {
            $0.listener = listener
            $0.isMute = false
        }
        Thread.detachNewThread { [weak self] in Self.accept(listener) { self?.carry($0) } }
    }

    /// Every connection is gone when this returns, and nobody listens any more.
    func cut() {
        state.withLock { state in
            // Its own thread closes what is shut down here.
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
            if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
            state.listener = nil
            state.armed = nil
        }
    }

    func cut(at step: Step, then: @escaping @Sendable () -> Void) {
        state.withLock { $0.armed = (step, then) }
    }

    /// A mute gate takes connections and lets nothing pass; what came meanwhile is lost.
    func setMute(_ isMute: Bool) {
        state.withLock { $0.isMute = isMute }
    }

    /// Says in each answer that the connection won't be kept, as some printers do.
    func setKeepsNone(_ keepsNone: Bool) {
        state.withLock { $0.keepsNone = keepsNone }
    }

    /// Answers the next Create-Job without the job's number, once the printer has made the job.
    func garbleNextCreation() {
        state.withLock { $0.garblesCreation = true }
    }

    /// Connections taken since the start.
    var accepted: Int { state.withLock { $0.accepted } }

    /// When the last connection was taken.
    var lastConnection: ContinuousClock.Instant? { state.withLock(\.lastConnection) }

    // MARK: Threads

    private static func accept(_ listener: Int32, _ carry: (Int32) -> Void) {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            carry(client)
        }
        close(listener)
    }

    private func carry(_ client: Int32) {
        let now = ContinuousClock.now
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard Self.withAddress(printer, { connect(server, $0, $1) }) == 0 else {
            close(client)
            close(server)
            return
        }
        var yes: Int32 = 1
        for descriptor in [client, server] { setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size)) }
        let connection = Connection()
        state.withLock { state in
            state.descriptors.formUnion([client, server])
            state.accepted += 1
            state.lastConnection = now
        }
        Thread.detachNewThread { self.pass(connection, from: client, to: server, isRequest: true) }
        Thread.detachNewThread { self.pass(connection, from: server, to: client, isRequest: false) }
    }

    /// One direction of a connection, until either side ends.
    private func pass(_ connection: Connection, from: Int32, to: Int32, isRequest: Bool) {
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(from, &block, block.count, 0)
            guard count > 0, !waitedWhileMute() else { break }
            if !isRequest, state.withLock(\.keepsNone) { Self.sayClose(&block, count) }
            let bytes = block[..<count]
            if isRequest { connection.see(bytes) }
            let passes = connection.steps(bytes, isRequest: isRequest)
            if passes.contains(.create), pull(at: .create) { break }
            // What bids the client go on may stand before the answer in the same block.
            if !isRequest, connection.isCreating, let answer = bytes.firstRange(of: Array("HTTP/1.1 200".utf8)), takesGarbling() {
                _ = Self.sendAll(bytes[..<answer.lowerBound] + Self.emptyAnswer, to: to)
                break
            }
            guard Self.sendAll(bytes, to: to) else { break }
            if passes.contains(.data), pull(at: .data) { break }
            if passes.contains(.processing), pull(at: .processing) { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
        if connection.isLast() {
            state.withLock { $0.descriptors.subtract([from, to]) }
            close(from)
            close(to)
        }
    }

    /// What the printer says of the connection in the head of its answer.
    private static func sayClose(_ block: inout [UInt8], _ count: Int) {
        guard let kept = block[..<count].firstRange(of: Array("Keep-Alive\r\n".utf8)) else { return }
        block.replaceSubrange(kept, with: Array("close     \r\n".utf8))
    }

    /// Says successful-ok and nothing else, the job's number neither (RFC 8010 §3.1.1).
    private static let emptyAnswer: [UInt8] =
        Array("HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 9\r\n\r\n".utf8) + [2, 0, 0, 0, 0, 0, 0, 1, 3]

    private func takesGarbling() -> Bool {
        state.withLock { state in
            defer { state.garblesCreation = false }
            return state.garblesCreation
        }
    }

    private func waitedWhileMute() -> Bool {
        var waited = false
        while state.withLock({ $0.isMute && $0.listener != nil }) {
            waited = true
            usleep(10_000)
        }
        return waited
    }

    private func pull(at step: Step) -> Bool {
        let then = state.withLock { state -> (@Sendable () -> Void)? in
            guard let armed = state.armed, armed.step == step else { return nil }
            return armed.then
        }
        guard let then else { return false }
        cut()
        then()
        return true
    }

    private static func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func withAddress(_ port: Int, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}

extension IPPGate {
    /// What goes by on one connection.
    private final class Connection: Sendable {
        private let state = Mutex(State())

        private struct State {
            /// The request so far, while its operation isn't known.
            var head: [UInt8]?
            /// IPP operation-id of the request that is under way.
            var operation: UInt8?
            var isNew = false
            var threads = 2
        }

        func isLast() -> Bool {
            state.withLock {
                $0.threads -= 1
                return $0.threads == 0
            }
        }

        /// Bytes from the client.
        func see(_ bytes: ArraySlice<UInt8>) {
            state.withLock { state in
                state.isNew = false
                if bytes.starts(with: Array("POST ".utf8)) {
                    state.head = []
                    state.operation = nil
                }
                guard var head = state.head else { return }
                head += bytes
                state.head = head
                guard let operation = Self.operation(in: head) else { return }
                state.operation = operation
                state.isNew = true
                state.head = nil
            }
        }

        /// A Create-Job is under way.
        var isCreating: Bool { state.withLock { $0.operation == 0x05 } }

        /// The steps that these bytes bring about.
        func steps(_ bytes: ArraySlice<UInt8>, isRequest: Bool) -> Set<Step> {
            state.withLock { state in
                guard let operation = state.operation else { return [] }
                let (printJob, createJob, sendDocument): (UInt8, UInt8, UInt8) = (0x02, 0x05, 0x06)
                let carriesDocument = operation == sendDocument || operation == printJob
                if !isRequest { return carriesDocument && !bytes.starts(with: Array("HTTP/1.1 100".utf8)) ? [.processing] : [] }
                var steps: Set<Step> = []
                if state.isNew, operation == createJob || operation == printJob { steps.insert(.create) }
                if carriesDocument, bytes.firstRange(of: Array("%PDF-".utf8)) != nil { steps.insert(.data) }
                return steps
            }
        }

        /// The operation-id behind a request's head; a chunked body has the size of its first chunk before it (RFC 8010 §3.1, RFC 9112 §7.1).
        private static func operation(in request: [UInt8]) -> UInt8? {
            guard let end = request.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            var body = request[end.upperBound...]
            if String(decoding: request[..<end.lowerBound], as: UTF8.self).lowercased().contains("transfer-encoding: chunked") {
                guard let line = body.firstRange(of: Array("\r\n".utf8)) else { return nil }
                body = body[line.upperBound...]
            }
            guard body.count >= 4 else { return nil }
            return body[body.startIndex + 3]
        }
    }
}
