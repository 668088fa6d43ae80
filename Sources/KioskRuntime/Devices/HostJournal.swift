internal import DeviceLink
internal import Logging
internal import Synchronization

/// What a host writes to its standard streams, as lines of the journal: cut, cleaned, and no more of them than a fault needs.
struct HostJournal {
    /// bytes
    static let maxLine = 512
    /// Lines in a row, and lines an hour after that: of a device, however many hosts it wears out.
    static let burst = 100.0
    static let hourly = 360.0

    /// What is left of them.
    final class Quota: Sendable {
        private let limit = Mutex(RateLimit(burst: burst, perSecond: hourly / 3600))

        func admit() -> Bool { limit.withLock { $0.admit(at: .now) } }
    }

    private let logger: Logger
    private var line: [UInt8] = []
    private var overlong = false
    private let quota: Quota
    private var dropped = 0

    init(logger: Logger, quota: Quota = Quota()) {
        self.logger = logger
        self.quota = quota
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                flush()
            } else if line.count < Self.maxLine {
                line.append(byte)
            } else {
                overlong = true
            }
        }
    }

    /// The last line may lack its end.
    mutating func finish() {
        flush()
        if dropped > 0 { logger.warning("lines of the host dropped", metadata: ["count": "\(dropped)"]) }
    }

    private mutating func flush() {
        defer {
            line.removeAll(keepingCapacity: true)
            overlong = false
        }
        guard !line.isEmpty else { return }
        guard quota.admit() else {
            dropped += 1
            return
        }
        let text = LinkText.cleaned(String(decoding: line, as: UTF8.self), maxBytes: Self.maxLine)
        logger.notice("\(text)\(overlong ? " (cut)" : "")", metadata: dropped > 0 ? ["dropped": "\(dropped)"] : nil)
        dropped = 0
    }
}
