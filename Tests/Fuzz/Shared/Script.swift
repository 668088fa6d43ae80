/// What a fuzz target's peer does, from the fuzzer's bytes: one step a line, so that a seed can be read and written by hand. Any bytes are a script.
///
///     {"hello":{…}}        a datagram
///     s32 u8|{"status":…   the same with files: a sealed memfd of 32 bytes, an unsealed one of 8
///     l70000 r300|{"pong"… filled up with blanks to 70000 bytes, and sent 300 times
///     !3                   the kiosk gives the fourth command of the target's table
///     ~                    the kiosk cancels it
///     @text                the host's driver is given that text
struct Script {
    enum Step {
        case datagram(Datagram)
        case command(Int)
        case cancel
        case text(String)
    }

    struct Datagram {
        var bytes: [UInt8]
        var files: [PeerFile] = []
        var times = 1
    }

    static let maxSteps = 64
    /// One more than the link has a use for, and fewer than the kernel refuses.
    static let maxFiles = 70

    let steps: [Step]

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        steps = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: Self.maxSteps).prefix(Self.maxSteps).map { Self.step(Array($0)) }
    }

    private static func step(_ line: [UInt8]) -> Step {
        switch line.first {
        case UInt8(ascii: "!"): .command(number(line.dropFirst(), atMost: 255))
        case UInt8(ascii: "~"): .cancel
        case UInt8(ascii: "@"): .text(String(decoding: line.dropFirst(), as: UTF8.self))
        default: .datagram(datagram(line))
        }
    }

    private static func datagram(_ line: [UInt8]) -> Datagram {
        guard let bar = line.firstIndex(of: UInt8(ascii: "|")) else { return Datagram(bytes: line) }
        var datagram = Datagram(bytes: Array(line[(bar + 1)...]))
        for word in line[..<bar].split(separator: UInt8(ascii: " ")) {
            let rest = word.dropFirst()
            switch word.first {
            case UInt8(ascii: "l"):
                let length = number(rest, atMost: 70_000)
                if length > datagram.bytes.count {
                    datagram.bytes += [UInt8](repeating: UInt8(ascii: " "), count: length - datagram.bytes.count)
                }
            case UInt8(ascii: "r"): datagram.times = number(rest, atMost: 300)
            case UInt8(ascii: "x"):
                let more = min(number(rest, atMost: maxFiles), maxFiles - datagram.files.count)
                datagram.files += [PeerFile](repeating: .null, count: more)
            case let kind? where datagram.files.count < maxFiles: datagram.files.append(PeerFile(kind, size: number(rest, atMost: 1 << 62)))
            default: break
            }
        }
        return datagram
    }

    /// The digits at the start; what isn't one ends the number.
    private static func number(_ digits: some Sequence<UInt8>, atMost limit: Int) -> Int {
        var value = 0
        for digit in digits.prefix(while: { (48...57).contains($0) }) {
            value = value > limit / 10 ? limit : min(limit, value * 10 + Int(digit - 48))
        }
        return value
    }
}

/// A descriptor that a peer may send along.
enum PeerFile {
    case sealed(Int)
    case unsealed(Int)
    /// All seals but that against writing.
    case writable(Int)
    /// Not a file at all.
    case pipe
    case null

    init(_ kind: UInt8, size: Int) {
        switch kind {
        case UInt8(ascii: "s"): self = .sealed(size)
        case UInt8(ascii: "u"): self = .unsealed(size)
        case UInt8(ascii: "w"): self = .writable(size)
        case UInt8(ascii: "p"): self = .pipe
        default: self = .null
        }
    }
}
