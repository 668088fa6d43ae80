import Bench
import Foundation
import Glibc
import Synchronization

/// The line to the host: a virtio port, which is a character device that takes and gives bytes.
final class AgentPort: Sendable {
    struct Closed: Error, CustomStringConvertible {
        var path: String
        var code: Int32

        var description: String { "the port \(path) can't be used: \(String(cString: strerror(code)))" }
    }

    private let path: String
    private let descriptor: Int32
    private let received = Mutex<[UInt8]>([])
    private let sending = Mutex(())

    /// Waits for the port to appear, half a minute at most.
    init(_ path: String) async throws {
        self.path = path
        try? await Poll.until(path) { access(path, F_OK) == 0 ? .there(()) : .notYet("nothing") }
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Closed(path: path, code: errno) }
    }

    deinit { close(descriptor) }

    /// A line to the host; what would part it in two is replaced. A host that has gone is found out by ``receive()``.
    func send(_ line: String) {
        let bytes = Array((line.replacing("\n", with: " ") + "\n").utf8)
        sending.withLock { _ in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 || errno == EINTR else { return }
                sent += max(0, count)
            }
        }
    }

    /// Blocks for the next line of the host.
    func receive() throws -> String {
        try received.withLock { received in
            while true {
                if let end = received.firstIndex(of: 0x0A) {
                    defer { received.removeSubrange(...end) }
                    return String(decoding: received[..<end], as: UTF8.self)
                }
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Closed(path: path, code: count < 0 ? errno : EPIPE) }
                received += buffer.prefix(count)
            }
        }
    }
}
