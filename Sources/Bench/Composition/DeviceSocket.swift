internal import Foundation
internal import Glibc

/// A Unix socket as the place where a simulated device is plugged in: in a new private directory of its own, and there only while it listens.
struct DeviceSocket: Sendable {
    struct Failure: Error, Equatable {
        /// The system call that failed, and its errno.
        var call: String
        var code: Int32
    }

    /// Stable over unplugging.
    let path: String
    private let directory: String
    private let type: __socket_type

    /// Makes the directory. `name` is the last part of the path; a connection keeps messages apart when `type` is SOCK_SEQPACKET.
    init(_ name: String, _ type: __socket_type) throws {
        var template = Array((NSTemporaryDirectory() + "/\(name)-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(call: "mkdtemp", code: errno) }
        directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = directory + "/" + name
        self.type = type
    }

    /// Takes the directory away.
    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Listens. Once the socket that is returned is shut down, `accepted` is called no more, and it is closed.
    /// - Parameter accepted: takes over one connection, on a thread that only waits for the next
    func listen(_ accepted: @escaping @Sendable (_ listener: Int32, _ connection: Int32) -> Void) throws -> Int32 {
        let listener = try bound()
        let thread = Thread {
            while true {
                let connection = Glibc.accept(listener, nil, nil)
                if connection < 0, errno == EINTR { continue }
                guard connection >= 0 else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                accepted(listener, connection)
            }
            close(listener)
        }
        thread.name = String(path.suffix(15))
        thread.start()
        return listener
    }

    private func bound() throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failure(call: "bind", code: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let listener = socket(AF_UNIX, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw Failure(call: "socket", code: errno) }
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 }
        }
        guard isBound, Glibc.listen(listener, 4) == 0 else {
            let code = errno
            close(listener)
            throw Failure(call: "bind", code: code)
        }
        return listener
    }
}
