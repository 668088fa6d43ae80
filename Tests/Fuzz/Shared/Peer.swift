@testable import DeviceLink
import Glibc
import LinkShim

/// The other end of the link: a process that says anything, with any descriptors.
final class Peer: Sendable {
    let channel: LinkChannel
    private let socket: Int32

    /// A connected pair: the end under test, and the peer of it.
    static func pair() -> (LinkChannel, Peer) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { give("socketpair: \(errno)") }
        return (LinkChannel(owning: ends[0]), Peer(ends[1]))
    }

    private init(_ socket: Int32) {
        self.socket = socket
        channel = LinkChannel(owning: socket)
    }

    /// Waits for room. False once the link has ended.
    @discardableResult
    func send(_ datagram: Script.Datagram) -> Bool {
        for _ in 0..<datagram.times {
            let descriptors = datagram.files.map(\.opened)
            defer { for descriptor in descriptors { close(descriptor) } }
            guard sendRaw(datagram.bytes, descriptors) else { return false }
        }
        return true
    }

    /// As the shim sends it, without its bounds: an empty datagram and any number of descriptors go out too, the control message laid out by hand
    /// (64-bit Linux: 16-byte header).
    private func sendRaw(_ bytes: [UInt8], _ descriptors: [Int32]) -> Bool {
        var control: [UInt8] = []
        if !descriptors.isEmpty {
            withUnsafeBytes(of: UInt64(16 + 4 * descriptors.count)) { control += $0 }
            withUnsafeBytes(of: Int32(SOL_SOCKET)) { control += $0 }
            withUnsafeBytes(of: Int32(1)) { control += $0 }  // SCM_RIGHTS
            for descriptor in descriptors { withUnsafeBytes(of: descriptor) { control += $0 } }
            control += [UInt8](repeating: 0, count: (8 - control.count % 8) % 8)
        }
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { payload in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var header = msghdr()
                    header.msg_iov = part
                    header.msg_iovlen = 1
                    header.msg_control = control.isEmpty ? nil : control.baseAddress
                    header.msg_controllen = control.count
                    return sendmsg(socket, &header, Int32(MSG_NOSIGNAL)) >= 0
                }
            }
        }
    }
}

extension PeerFile {
    /// A new descriptor.
    fileprivate var opened: Int32 {
        switch self {
        case .sealed(let size):
            let descriptor = memory(size)
            guard kiosk_memfd_seal(descriptor) >= 0 else { give("seal: \(errno)") }
            return descriptor
        case .unsealed(let size): return memory(size)
        case .writable(let size):
            let descriptor = memory(size)
            // F_ADD_SEALS: F_SEAL_SEAL, SHRINK and GROW
            guard fcntl(descriptor, 1033, 0x7) == 0 else { give("seal: \(errno)") }
            return descriptor
        case .pipe:
            var ends: [Int32] = [-1, -1]
            guard Glibc.pipe(&ends) == 0 else { give("pipe: \(errno)") }
            close(ends[1])
            return ends[0]
        case .null: return open("/dev/null", O_RDONLY | O_CLOEXEC)
        }
    }

    private func memory(_ size: Int) -> Int32 {
        let descriptor = kiosk_memfd_create("fuzz")
        guard descriptor >= 0, ftruncate(descriptor, size) == 0 else { give("memfd: \(errno)") }
        return descriptor
    }
}
