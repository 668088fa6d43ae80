internal import FoundationEssentials
internal import Glibc
internal import LinkShim

/// One end of the link between kioskd and a device host: whole messages over a SOCK_SEQPACKET Unix socket.
///
/// A message is one datagram: a JSON header of at most ``maxHeader`` bytes with sorted keys, and beside it (SCM_RIGHTS) at most ``maxFiles`` sealed memfds.
/// Sending is safe from any thread; receiving belongs to one.
public final class LinkChannel: Sendable {
    /// bytes
    public static let maxHeader = 64 << 10
    public static let maxFiles = Int(KIOSK_LINK_MAX_FILES)

    private let descriptor: Int32

    /// Takes over a connected socket: it is closed with this object.
    public init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Connects to kioskd's socket.
    public static func connect(to path: String) throws(LinkFailure) -> LinkChannel {
        let descriptor = kiosk_link_connect(path)
        guard descriptor >= 0 else { throw LinkFailure.system(call: "connect", code: -descriptor) }
        return LinkChannel(owning: descriptor)
    }

    /// The process at the other end, as the kernel knows it (SO_PEERCRED): who connected, whatever it says of itself.
    public func peer() throws(LinkFailure) -> (pid: Int32, user: UInt32) {
        var pid: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
        let code = kiosk_link_peer(descriptor, &pid, &user, &group)
        guard code >= 0 else { throw LinkFailure.system(call: "getsockopt(SO_PEERCRED)", code: -code) }
        return (pid, user)
    }

    /// Sends one message. With a `timeout` of zero it never blocks.
    public func send(_ message: some Encodable, files: [MemoryFile] = [], timeout: Duration) throws(LinkFailure) {
        let header: Data
        do {
            header = try Self.encode(message)
        } catch {
            throw .unsendable
        }
        guard header.count <= Self.maxHeader, files.count <= Self.maxFiles else { throw .unsendable }
        let descriptors = files.map(\.descriptor)
        let code = header.withUnsafeBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return -EINVAL }
            return kiosk_link_send(descriptor, start, bytes.count, descriptors, descriptors.count, timeout.wholeMilliseconds)
        }
        // The files must outlive the system call that hands them on.
        withExtendedLifetime(files) {}
        switch -code {
        case 0: return
        case EPIPE, ECONNRESET, ENOTCONN: throw .closed
        case ETIMEDOUT: throw .timedOut
        default: throw .system(call: "sendmsg", code: -code)
        }
    }

    /// Waits for one message; nil when none came within `timeout` (nil waits for ever). Every file in the answer is sealed;
    /// on any failure the files that came are closed.
    public func receive<Message: Codable>(_ type: Message.Type, timeout: Duration?) throws(LinkFailure) -> (message: Message, files: [MemoryFile])? {
        guard let (header, descriptors) = try receiveDatagram(timeout: timeout) else { return nil }
        let files = try Self.takeOver(descriptors)
        // What the decoder says of its failure may quote the message: it goes no further.
        guard let message = try? JSONDecoder().decode(type, from: header) else { throw .violation(.malformed) }
        // Only the one encoding of a message is a message: no unknown or doubled key, no space, nothing behind it.
        guard let canonical = try? Self.encode(message), canonical == header else { throw .violation(.malformed) }
        return (message, files)
    }

    /// Ends the link in both directions, from any thread; a waiting ``receive(_:timeout:)`` throws `.closed`.
    public func shutdown() {
        _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func encode(_ message: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(message)
    }

    private func receiveDatagram(timeout: Duration?) throws(LinkFailure) -> (header: Data, files: [Int32])? {
        var files = [Int32](repeating: -1, count: Self.maxFiles)
        var fileCount = 0
        var header = Data()
        let length = withUnsafeTemporaryAllocation(byteCount: Self.maxHeader, alignment: 1) { buffer -> Int in
            guard let start = buffer.baseAddress else { return -Int(ENOMEM) }
            let length = kiosk_link_receive(descriptor, start, Self.maxHeader, &files, &fileCount, timeout?.wholeMilliseconds ?? -1)
            if length > 0 { header = Data(bytes: start, count: length) }
            return length
        }
        switch length {
        case 1...: return (header, Array(files.prefix(fileCount)))
        case 0, -Int(ECONNRESET), -Int(ENOTCONN): throw .closed
        case -Int(EAGAIN): return nil
        case -Int(EMSGSIZE): throw .violation(.oversized)
        default: throw .system(call: "recvmsg", code: Int32(-length))
        }
    }

    /// Wraps all or closes all.
    private static func takeOver(_ descriptors: [Int32]) throws(LinkFailure) -> [MemoryFile] {
        var files: [MemoryFile] = []
        var sealed = true
        for descriptor in descriptors {
            if sealed, let file = try? MemoryFile(receiving: descriptor) {
                files.append(file)
            } else if sealed {
                sealed = false
            } else {
                close(descriptor)
            }
        }
        guard sealed else { throw .violation(.unsealedFile) }
        return files
    }
}

extension Duration {
    /// Milliseconds, rounded up, so that a wait never ends early and never spins; negative counts as zero.
    package var wholeMilliseconds: Int32 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) / 1000 else { return Int32.max }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
