import Foundation
import Glibc

/// Something at upsd's port that answers the one client it takes with a start, and then with a drop every 20 ms until the client has had enough.
final class TricklingServer: Sendable {
    let port: UInt16
    private let listener: Int32

    struct Failure: Error {
        let code: Int32
    }

    init(start: String, drop: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: 0, sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian),
            sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0 }
        }
        guard bound, listen(listener, 1) == 0 else { throw Failure(code: errno) }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Thread.detachNewThread { Self.serve(listener, Array(start.utf8), Array(drop.utf8)) }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ listener: Int32, _ start: [UInt8], _ drop: [UInt8]) {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        defer { close(client) }
        var bytes = start
        // Ends with the client, whose end is an error here.
        while send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) >= 0 {
            bytes = drop
            // POLLRDHUP
            var hangup = pollfd(fd: client, events: 0x2000, revents: 0)
            if poll(&hangup, 1, 20) > 0 { return }
        }
    }
}
