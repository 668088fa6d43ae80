/// What a verification found wrong: one sentence each, none of them with personal data. Empty when all is well.
public struct Findings: Sendable, Equatable, Codable {
    /// Acknowledged, and not, or not wholly, where it must be.
    public var lost: [String] = []
    /// More than one application, or more materials than were handed in, under one reference.
    public var duplicated: [String] = []
    /// A wrong digest, a payload set aside as damaged, or an outbox that doesn't open.
    public var corrupted: [String] = []

    public init() {}

    public var isEmpty: Bool { lost.isEmpty && duplicated.isEmpty && corrupted.isEmpty }

    /// Every sentence with its kind before it.
    public var lines: [String] { lost.map { "lost: \($0)" } + duplicated.map { "duplicated: \($0)" } + corrupted.map { "corrupted: \($0)" } }

    public static func += (left: inout Findings, right: Findings) {
        left.lost += right.lost
        left.duplicated += right.duplicated
        left.corrupted += right.corrupted
    }
}
