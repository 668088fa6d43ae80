internal import Glibc
internal import LinkShim

/// kioskd's end of the socket that device hosts connect to.
public final class LinkListener: Sendable {
    /// Reads as ready when somebody connects.
    public let descriptor: Int32
    private let path: String

    /// Listens at `path` (at most 107 bytes, mode 0600); an older socket there is replaced.
    public init(path: String) throws(LinkFailure) {
        let descriptor = kiosk_link_listen(path)
        guard descriptor >= 0 else { throw LinkFailure.system(call: "listen", code: -descriptor) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The next connection; nil when there is none. Doesn't block.
    public func accept() throws(LinkFailure) -> LinkChannel? {
        let connected = kiosk_link_accept(descriptor)
        switch -connected {
        case ...0: return LinkChannel(owning: connected)
        case EAGAIN, EINTR, ECONNABORTED: return nil
        default: throw .system(call: "accept4", code: -connected)
        }
    }
}
