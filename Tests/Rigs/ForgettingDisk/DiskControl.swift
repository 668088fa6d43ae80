import Dispatch
import Glibc

/// Talks with a forgetfs over its socket: one line there, one back.
struct DiskControl: Sendable {
    let socket: String

    enum Problem: Error, CustomStringConvertible {
        case unreachable(String, errno: Int32)
        case refused(String, request: String)

        var description: String {
            switch self {
            case .unreachable(let socket, let errno): "forgetfs doesn't answer at \(socket): \(String(cString: strerror(errno)))"
            case .refused(let answer, let request): "forgetfs refused «\(request)»: \(answer)"
            }
        }
    }

    /// - Returns: what follows `ok`
    /// - Throws: `Problem`
    func ask(_ request: String) async throws -> String {
        // Blocking, at most for the socket's time limit: not on the cooperative pool.
        let answer: String = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try exchange(request) }) }
        }
        guard answer.hasPrefix("ok") else { throw Problem.refused(answer, request: request) }
        return String(answer.dropFirst(2))
    }

    private func exchange(_ request: String) throws -> String {
        let descriptor = try connected()
        defer { close(descriptor) }
        var rest = Array((request + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Problem.unreachable(socket, errno: errno) }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 1024)
        while answer.last != UInt8(ascii: "\n") {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { throw Problem.unreachable(socket, errno: count == 0 ? ECONNRESET : errno) }
            answer += bytes[..<count]
        }
        return String(decoding: answer.dropLast(), as: UTF8.self)
    }

    private func connected() throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Problem.unreachable(socket, errno: errno) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard status == 0 else {
            let number = errno
            close(descriptor)
            throw Problem.unreachable(socket, errno: number)
        }
        return descriptor
    }
}
