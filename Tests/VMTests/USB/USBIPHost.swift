import Bench
import Glibc
import Testing

@testable import VirtualUSB

/// Plays the kernel on the other end of a reader's USB/IP connection. Every read is bounded.
final class USBIPHost {
    struct Result: Equatable {
        var status: Int32
        var data: [UInt8]
        var actualLength: Int
    }

    enum Failure: Error, Equatable {
        /// Nothing came in time.
        case silence
        /// The device has hung up.
        case hungUp
        case unexpected(command: UInt32, sequence: UInt32)
    }

    let connection: USBIPConnection
    private let socket: Int32
    private var sequence: UInt32 = 100
    /// Messages that came while another was waited for.
    private var early: [UInt32: (command: UInt32, result: Result)] = [:]
    private var inputs: Set<UInt32> = []

    init(_ reader: VirtualUSBReader) throws {
        (connection, socket) = try reader.connect()
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(socket)
        connection.close()
    }

    /// Runs `body` with a host that has enumerated the reader.
    static func run(_ reader: VirtualUSBReader, _ body: (USBIPHost) throws -> Void) throws {
        let host = try USBIPHost(reader)
        #expect(try host.control([0x00, 9, 1, 0, 0, 0, 0, 0]).status == 0)
        try body(host)
    }

    // MARK: Raw

    func write(_ bytes: [UInt8]) throws {
        let sent = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if sent < 0, errno == EPIPE || errno == ECONNRESET { throw Failure.hungUp }
        try #require(sent == bytes.count)
    }

    /// No more will be sent.
    func endOutput() {
        _ = shutdown(socket, Int32(SHUT_WR))
    }

    /// Waits until the device has hung up.
    func expectHangUp() {
        #expect(throws: Failure.hungUp) { try read(1) }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + filled, count - filled, 0) }
            if got < 0, errno == EINTR { continue }
            if got < 0, errno == EAGAIN { throw Failure.silence }
            // A device that leaves with something unread resets the connection.
            guard got > 0 else { throw Failure.hungUp }
            filled += got
        }
        return bytes
    }

    static func message(_ words: [UInt32], setup: [UInt8]? = nil) -> [UInt8] {
        var bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
        bytes += [UInt8](repeating: 0, count: 48 - bytes.count)
        if let setup { bytes.replaceSubrange(40..<48, with: setup) }
        return bytes
    }

    // MARK: Transfers

    /// Submits an URB and returns its number.
    @discardableResult
    func submit(endpoint: UInt32, input: Bool, length: Int, setup: [UInt8]? = nil, data: [UInt8] = [], flags: UInt32 = 0) throws -> UInt32 {
        sequence += 1
        return try submit(as: sequence, endpoint: endpoint, input: input, length: length, setup: setup, data: data, flags: flags)
    }

    private func submit(
        as sequence: UInt32, endpoint: UInt32, input: Bool, length: Int, setup: [UInt8]?, data: [UInt8], flags: UInt32
    ) throws -> UInt32 {
        if input { inputs.insert(sequence) }
        try write(Self.message([1, sequence, 1 << 16 | 1, input ? 1 : 0, endpoint, flags, UInt32(length), 0, .max, 0], setup: setup) + data)
        return sequence
    }

    /// Sends an unlink for `target` and returns its status.
    func unlink(_ target: UInt32) throws -> Int32 {
        sequence += 1
        try write(Self.message([2, sequence, 1 << 16 | 1, 0, 0, target]))
        let answer = try wait(for: sequence)
        guard answer.command == 4 else { throw Failure.unexpected(command: answer.command, sequence: sequence) }
        return answer.result.status
    }

    /// Sends an output transfer behind its own unlink, as a kernel may (`USBEarlyUnlinks`), and returns the unlink's status.
    func outputGivenUp(_ endpoint: UInt32, _ data: [UInt8]) throws -> Int32 {
        let target = sequence + 1
        sequence += 2
        let unlink = sequence
        try write(Self.message([2, unlink, 1 << 16 | 1, 0, 0, target]))
        _ = try submit(as: target, endpoint: endpoint, input: false, length: data.count, setup: nil, data: data, flags: 0)
        let answer = try wait(for: unlink)
        guard answer.command == 4, early[target] == nil else { throw Failure.unexpected(command: answer.command, sequence: unlink) }
        return answer.result.status
    }

    /// How many messages came that nobody waited for.
    var unclaimed: Int { early.count }

    func result(of sequence: UInt32) throws -> Result {
        let answer = try wait(for: sequence)
        guard answer.command == 3 else { throw Failure.unexpected(command: answer.command, sequence: sequence) }
        return answer.result
    }

    private func wait(for wanted: UInt32) throws -> (command: UInt32, result: Result) {
        while true {
            if let there = early.removeValue(forKey: wanted) { return there }
            let header = try read(48)
            func word(_ index: Int) -> UInt32 { header[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | UInt32($1) } }
            let isInput = word(0) == 3 && inputs.remove(word(1)) != nil
            let data = isInput ? try read(Int(word(6))) : []
            early[word(1)] = (word(0), Result(status: Int32(bitPattern: word(5)), data: data, actualLength: word(0) == 3 ? Int(word(6)) : 0))
        }
    }

    func control(_ setup: [UInt8], data: [UInt8] = []) throws -> Result {
        let input = setup[0] & 0x80 != 0
        let length = Int(setup[6]) | Int(setup[7]) << 8
        return try result(of: submit(endpoint: 0, input: input, length: length, setup: setup, data: data))
    }

    func input(_ endpoint: UInt32, _ length: Int = 4096) throws -> Result {
        try result(of: submit(endpoint: endpoint & 0x7F, input: true, length: length))
    }

    func output(_ endpoint: UInt32, _ data: [UInt8]) throws -> Result {
        try result(of: submit(endpoint: endpoint, input: false, length: data.count, data: data))
    }

    // MARK: The protocol, as a driver speaks it

    static func frame(_ command: UInt8, _ parameter: UInt8) -> [UInt8] {
        [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 3, command, parameter, 3 ^ command ^ parameter]
    }

    func request(_ framing: SDTUSBFraming, _ command: UInt8, _ parameter: UInt8) throws {
        let frame = Self.frame(command, parameter)
        if framing == .whole {
            #expect(try output(2, frame) == Result(status: 0, data: [], actualLength: 10))
        } else {
            #expect(try output(2, Array(frame.prefix(7))) == Result(status: 0, data: [], actualLength: 7))
            #expect(try output(6, Array(frame.dropFirst(7))) == Result(status: 0, data: [], actualLength: 3))
        }
    }

    /// Sends a request and returns the answer's SW3 and data, checked for its form.
    func exchange(_ framing: SDTUSBFraming, _ command: UInt8, _ parameter: UInt8) throws -> (status: UInt8, data: [UInt8]) {
        try request(framing, command, parameter)
        var frame = try input(0x81).data
        if framing == .split {
            #expect(frame.count == 7)
            frame += try input(0x85).data
        }
        try #require(frame.count >= 11)
        #expect(frame.starts(with: [0xAA, 0xAA, 0xAA, 0x96, 0x69]))
        #expect(Int(frame[5]) << 8 | Int(frame[6]) == frame.count - 7)
        #expect(frame.dropFirst(5).reduce(0, ^) == 0)
        return (frame[9], Array(frame[10..<frame.count - 1]))
    }
}
