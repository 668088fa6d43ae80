internal import CPCSC
internal import Glibc
internal import SmartCardShim

/// A connection to pcscd.
final class CardContext {
    private let handle: OpaquePointer
    /// The longest file name, and more readers than a kiosk has.
    private static let namesCapacity = 4096

    init() throws(CardFailure) {
        var opened: OpaquePointer?
        let result = kiosk_smartcard_open(&opened)
        guard result == 0, let opened else { throw CardFailure(result) }
        handle = opened
    }

    deinit {
        kiosk_smartcard_close(handle)
    }

    func readers() throws(CardFailure) -> [String] {
        var names = [CChar](repeating: 0, count: Self.namesCapacity)
        let count = kiosk_smartcard_readers(handle, &names, names.count)
        guard count >= 0 else { throw CardFailure(count) }
        return names.prefix(Int(count)).split(separator: 0).map { String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
    }

    /// The reader's state now, SCARD_STATE_*.
    func state(of reader: String) throws(CardFailure) -> UInt32 {
        var now: UInt32 = 0
        let result = kiosk_smartcard_state(handle, reader, &now)
        guard result == 0 else { throw CardFailure(result) }
        // A reader that went is a state, not a code.
        guard now & UInt32(SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE) == 0 else { throw CardFailure.readerGone }
        return now
    }

    func connect(_ reader: String) throws(CardFailure) {
        let result = kiosk_smartcard_connect(handle, reader)
        guard result == 0 else { throw CardFailure(result) }
    }

    func disconnect() {
        kiosk_smartcard_disconnect(handle)
    }

    /// Hands the answer's data to `body` and wipes them.
    func transmit(_ command: [UInt8], _ body: (CardStatusWord, [UInt8]) throws -> Void) throws {
        var data = [UInt8](repeating: 0, count: 1024)
        defer { data.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        var status: UInt16 = 0
        let count = kiosk_smartcard_transmit(handle, command, command.count, &data, data.count, &status)
        guard count >= 0 else { throw CardFailure(count) }
        var answer = Array(data.prefix(Int(count)))
        defer { answer.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        try body(CardStatusWord(value: status), answer)
    }
}
