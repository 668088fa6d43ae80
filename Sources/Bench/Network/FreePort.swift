import Glibc

/// A loopback port for a server that is started later, and perhaps more than once.
enum FreePort {
    /// All of them are taken.
    struct None: Error, CustomStringConvertible {
        var description: String { "no port between \(FreePort.range.lowerBound) and \(FreePort.range.upperBound) is free on loopback" }
    }

    /// Below the range that the kernel gives outgoing connections out of (ip_local_port_range, from 32768): between the choice and the server's
    /// start no connection gets it by chance.
    static let range = 16_384...32_767

    static func pick() throws -> Int {
        guard let port = range.shuffled().first(where: isFree) else { throw None() }
        return port
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) } == 0
        }
    }
}
