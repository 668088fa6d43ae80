internal import Foundation
internal import Glibc
internal import Synchronization

/// One insertion of a card into the reader of vsmartcard's vpcd: a connection to its port, which is the contact, and the thread that answers on it.
///
/// Messages both ways are a length of two bytes, big-endian, and so many bytes. A message of one byte from the reader is for the slot: 0 power off, 1
/// power on, 2 reset, 4 asks for the ATR; a longer one is a command for the card.
final class VirtualCardSlot: Sendable {
    private let connection: Int32
    private let ended = DispatchSemaphore(value: 0)
    private let powered = Atomic(false)
    private let card: @Sendable ((inout VirtualSocialSecurityCard) -> [UInt8]?) -> [UInt8]?

    /// nil while nobody listens on `port`. `card` lends the card out for one message; it is pulled when that comes to nil.
    init?(port: Int, card: @escaping @Sendable ((inout VirtualSocialSecurityCard) -> [UInt8]?) -> [UInt8]?) {
        self.card = card
        connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { connect(connection, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard connection >= 0, connected == 0 else {
            if connection >= 0 { close(connection) }
            return nil
        }
        let thread = Thread { [self] in
            serve()
            // The reader sees the card gone at once, and not when somebody collects this.
            shutdown(connection, Int32(SHUT_RDWR))
            ended.signal()
        }
        thread.name = "card"
        thread.start()
    }

    /// Whether pcscd has given this card power, which it does as soon as it has seen it come.
    var hasPower: Bool { powered.load(ordering: .acquiring) }

    /// Pulls the card; call it once.
    func pull() {
        shutdown(connection, Int32(SHUT_RDWR))
        ended.wait()
        close(connection)
    }

    private func serve() {
        while let head = receive(2), let message = receive(Int(head[0]) << 8 | Int(head[1])) {
            let reply: [UInt8]
            switch message {
            case [0x00], [0x01], [0x02]:
                _ = card {
                    $0.reset()
                    return []
                }
                if message == [0x01] { powered.store(true, ordering: .releasing) }
                continue
            case [0x04]: reply = VirtualSocialSecurityCard.atr
            default:
                guard let answer = card({ $0.answer(message) }) else { return }
                guard !answer.isEmpty else { continue }
                reply = answer
            }
            guard send([UInt8(reply.count >> 8), UInt8(reply.count & 0xFF)] + reply) else { return }
        }
    }

    private func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let some = bytes.withUnsafeMutableBytes { recv(connection, $0.baseAddress?.advanced(by: filled), count - filled, 0) }
            guard some > 0 else { return nil }
            filled += some
        }
        return bytes
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }
}
