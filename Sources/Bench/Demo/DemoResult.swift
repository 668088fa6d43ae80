/// What the story came to: the demo's last line.
public struct DemoResult: Sendable, Equatable, CustomStringConvertible {
    /// Applications that the platform holds completely under the receipt's reference.
    public var delivered = 0
    /// Applications and materials that it holds more than once.
    public var duplicates = 0
    /// The material's bytes at the platform are those that the kiosk announced.
    public var digestMatches = false
    public var receiptPrinted = false
    public var residue: [ResidueHit] = []
    /// Processes killed on the way; nil when none was to be.
    public var kills: Int?
    /// What went wrong besides, in words.
    public var misses: [String] = []

    public init() {}

    /// - Parameter kills: how many were to be killed
    public func isGood(kills: Int?) -> Bool {
        delivered == 1 && duplicates == 0 && digestMatches && receiptPrinted && residue.isEmpty && misses.isEmpty && self.kills == kills
    }

    public var description: String {
        "demo: delivered=\(delivered) duplicates=\(duplicates) digest=\(digestMatches ? "match" : "mismatch")"
            + " receipt=\(receiptPrinted ? "printed" : "missing") residue=\(residue.count)" + (kills.map { " kills=\($0)" } ?? "")
    }
}
