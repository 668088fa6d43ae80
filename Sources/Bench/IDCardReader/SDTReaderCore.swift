/// The reader's side of the SDT protocol (GA/T 467) without a line: request bytes in, answer bytes out. A serial and a USB front share it.
///
/// It keeps the card's life cycle as integrators met it: after a successful read *find* fails until the card is lifted, and after a failed
/// one until the SAM is reset.
public struct SDTReaderCore: Sendable {
    /// What a request asks for.
    public enum Step: String, Sendable, Codable, CaseIterable {
        case reset, status, samID, find, select, read, append
    }

    /// What goes wrong with one answer.
    public enum Fault: Sendable, Hashable {
        case corruptChecksum
        /// Half of the answer comes.
        case truncate
        /// The answer claims to be 65535 bytes long.
        case oversize
        /// Line noise, broken preambles among it, before the answer.
        case garbagePrefix
        /// The answer comes right before that to the next request, when its asker has given up.
        case late
        /// The request is never answered.
        case stall
        /// The card is lifted just before the reader gets to it.
        case cardRemoved
        /// The reader answers this SW3.
        case status(UInt8)

        /// Faults without a value by the name of their case, a status as `status:60`; nil for another name.
        public init?(name: String) {
            if let fault = Self.named.first(where: { "\($0)" == name }) {
                self = fault
            } else if name.hasPrefix("status:"), let value = UInt8(name.dropFirst("status:".count), radix: 16) {
                self = .status(value)
            } else {
                return nil
            }
        }

        /// The faults without a value.
        public static let named: [Fault] = [.corruptChecksum, .truncate, .oversize, .garbagePrefix, .late, .stall, .cardRemoved]
    }

    private enum Phase { case idle, found, selected, read, failed }

    private struct Injection {
        var fault: Fault
        var step: Step?
        var times: Int
    }

    public private(set) var card: SyntheticCard?
    /// What was asked, oldest first; the last 1000.
    public private(set) var requests: [Step] = []
    private var phase = Phase.idle
    private var input: [UInt8] = []
    private var withheld: [[UInt8]] = []
    private var injections: [Injection] = []

    public init() {}

    public mutating func lay(_ card: SyntheticCard) {
        lift()
        self.card = card
    }

    public mutating func lift() {
        card = nil
        if phase != .failed { phase = .idle }
    }

    public mutating func inject(_ fault: Fault, at step: Step? = nil, times: Int = 1) {
        injections.append(Injection(fault: fault, step: step, times: times))
    }

    public mutating func clearFaults() {
        injections = []
    }

    /// Power off and on: everything but the card and the faults is forgotten.
    public mutating func restart() {
        phase = .idle
        input = []
        withheld = []
    }

    /// What the reader does upon one request.
    public struct Answer: Sendable, Equatable {
        /// What was asked; nil for a command the reader doesn't know.
        public var step: Step?
        /// What it sends, frame by frame: none when it keeps silent, a late one before this request's own.
        public var frames: [[UInt8]]
    }

    /// Takes any piece of the request stream and returns what the reader sends upon it.
    public mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
        answers(to: bytes).flatMap { $0.frames.flatMap(\.self) }
    }

    /// The same, request by request, for a front that frames its answers itself.
    public mutating func answers(to bytes: [UInt8]) -> [Answer] {
        input += bytes
        var answers: [Answer] = []
        while let request = nextRequest() {
            answers.append(answer(request))
        }
        return answers
    }

    // MARK: Frames

    private static let preamble: [UInt8] = [0xAA, 0xAA, 0xAA, 0x96, 0x69]

    /// The command, parameter and data of the next whole request.
    private mutating func nextRequest() -> [UInt8]? {
        while input.count >= 7 {
            guard input.starts(with: Self.preamble) else {
                input.removeFirst()
                continue
            }
            let length = Int(input[5]) << 8 | Int(input[6])
            guard input.count >= 7 + length else { return nil }
            let body = Array(input[7..<7 + length])
            let sum = input[5..<7 + length].reduce(0, ^)
            input.removeFirst(7 + length)
            if length >= 3, sum == 0 { return body.dropLast() }
        }
        return nil
    }

    private static func frame(_ status: UInt8, _ data: [UInt8]) -> [UInt8] {
        let length = data.count + 4
        let body = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length), 0, 0, status] + data
        return preamble + body + [body.reduce(0, ^)]
    }

    // MARK: Answers

    private mutating func answer(_ request: [UInt8]) -> Answer {
        let late = withheld
        withheld = []
        let step = Self.step(request)
        guard let step else { return Answer(step: nil, frames: late + [Self.frame(0x21, [])]) }
        requests = requests.suffix(999) + [step]
        let fault = takeFault(step)
        if fault == .cardRemoved { lift() }
        if case .status(let value) = fault {
            if step == .read { phase = .failed }
            return Answer(step: step, frames: late + [Self.frame(value, [])])
        }
        if fault == .stall { return Answer(step: step, frames: late) }
        let reply = perform(step, withFingerprints: request[1] == 0x10)
        var bytes = Self.frame(reply.status, reply.data)
        switch fault {
        case .corruptChecksum: bytes[bytes.count - 1] ^= 0x55
        case .truncate: bytes.removeLast(bytes.count / 2)
        case .oversize: bytes.replaceSubrange(5..<7, with: [0xFF, 0xFF])
        case .garbagePrefix: bytes = [0x00, 0xAA, 0xAA, 0x96, 0xAA, 0xFF, 0x69, 0xAA] + bytes
        case .late:
            withheld = [bytes]
            return Answer(step: step, frames: late)
        case .stall, .cardRemoved, .status, nil: break
        }
        return Answer(step: step, frames: late + [bytes])
    }

    private static func step(_ request: [UInt8]) -> Step? {
        switch (request[0], request[1]) {
        case (0x10, 0xFF): .reset
        case (0x11, 0xFF): .status
        case (0x12, 0xFF): .samID
        case (0x20, 0x01): .find
        case (0x20, 0x02): .select
        case (0x30, 0x01), (0x30, 0x10): .read
        case (0x30, 0x03): .append
        default: nil
        }
    }

    private mutating func takeFault(_ step: Step) -> Fault? {
        guard let index = injections.firstIndex(where: { $0.step == nil || $0.step == step }) else { return nil }
        let fault = injections[index].fault
        injections[index].times -= 1
        if injections[index].times <= 0 { injections.remove(at: index) }
        return fault
    }

    private mutating func perform(_ step: Step, withFingerprints: Bool) -> (status: UInt8, data: [UInt8]) {
        switch step {
        case .reset:
            phase = .idle
            return (0x90, [])
        case .status: return (0x90, [])
        case .samID: return (0x90, Self.samID)
        case .find:
            guard card != nil, phase != .read, phase != .failed else { return (0x80, []) }
            phase = .found
            return (0x9F, [0, 0, 0, 0])
        case .select:
            guard let card, card.placement == .flat, phase == .found || phase == .selected else { return (0x81, []) }
            phase = .selected
            return (0x90, [0, 0, 0, 0, 0, 0, 0, 0])
        case .read:
            guard let card, phase == .selected || phase == .read else {
                phase = .failed
                return (0x41, [])
            }
            phase = .read
            return (0x90, Self.record(card, withFingerprints: withFingerprints))
        case .append:
            guard let card, phase == .read else { return (0x41, []) }
            return card.appendedAddress.map { (0x90, $0) } ?? (0x91, [])
        }
    }

    private static func record(_ card: SyntheticCard, withFingerprints: Bool) -> [UInt8] {
        func word(_ count: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] }
        let lengths = word(card.textRecord.count) + word(card.photo.count) + (withFingerprints ? word(card.fingerprints.count) : [])
        return lengths + card.textRecord + card.photo + (withFingerprints ? card.fingerprints : [])
    }

    /// `05.01-20260101-0000000042-0123456789` as little-endian words of 2, 2, 4, 4 and 4 bytes.
    private static let samID: [UInt8] = {
        func bytes(_ value: UInt32, _ count: UInt32) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        return bytes(5, 2) + bytes(1, 2) + bytes(20_260_101, 4) + bytes(42, 4) + bytes(123_456_789, 4)
    }()
}
