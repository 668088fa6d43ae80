internal import DeviceLink

/// How much a host may say. Each kind of message has a bucket of its own, so that a host which is at work is never mistaken for one that floods: the
/// status of a device changes a few times a second at most, while a command may bring thirty frames a second and its progress beside them.
///
/// Whoever says more is cut off rather than slowed down: no well-made host comes near these numbers, and one that does is out of its mind.
struct HostQuota {
    /// Status messages and pongs: in a row, and a second after that. Each status is compared, shown and told to whoever listens.
    static let words = (burst: 100.0, perSecond: 20.0)
    /// Progress and completions of the command that kioskd gave, also in a row and a second. A worker may answer many short commands, a camera sends
    /// 60 frames a second at most, and a fraction may come every 100 ms (`HostMain`).
    static let answers = (burst: 500.0, perSecond: 200.0)
    /// Bytes in the files that come with them: a whole stack of pages at once (`ReplyRules.maxBytes`), and a raw picture of eight megapixels ten times a
    /// second.
    static let bytes = (burst: Double(ReplyRules.maxBytes) + Double(ReplyRules.maxPicture), perSecond: 256e6)

    private var words = RateLimit(burst: Self.words.burst, perSecond: Self.words.perSecond)
    private var answers = RateLimit(burst: Self.answers.burst, perSecond: Self.answers.perSecond)
    private var bytes = RateLimit(burst: Self.bytes.burst, perSecond: Self.bytes.perSecond)

    /// False when the host has said too much. The sizes are the kernel's (`MemoryFile`), not the host's word; two of
    /// them may still be more than an Int holds.
    mutating func admit(_ message: HostMessage, _ files: [MemoryFile], at now: ContinuousClock.Instant) -> Bool {
        switch message {
        case .hello, .pong, .status: guard words.admit(at: now) else { return false }
        case .progress, .completion: guard answers.admit(at: now) else { return false }
        }
        return files.isEmpty || bytes.admit(files.reduce(0.0) { $0 + Double($1.byteCount) }, at: now)
    }
}
