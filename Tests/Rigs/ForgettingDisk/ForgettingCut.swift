/// What a cut took of what nobody had fsynced.
public struct ForgettingCut: Sendable, Equatable, CustomStringConvertible {
    /// Kinds of unsynced things.
    public enum Kind: String, Sendable, CaseIterable {
        /// Directory entries: files made (symlinks too), directories made, hard links, removals, renames.
        case create, mkdir, link, unlink, rmdir, rename, exchange
        /// Pages of 4,096 bytes of file content.
        case page
        /// Files whose size was to change.
        case size
    }

    /// Mutating and syncing operations between mount and cut.
    public let operations: Int
    /// How many of each kind are gone.
    public let lost: [Kind: Int]
    /// How many of each kind happen to have reached the disk.
    public let kept: [Kind: Int]
    /// Pages of which some sectors of 512 bytes are new and the others old.
    public let tornPages: Int

    public var lostNothing: Bool { tornPages == 0 && lost.values.allSatisfy { $0 == 0 } }

    /// - Parameter numbers: the `key=value` pairs of forgetfs's status
    init(_ numbers: [String: Int]) {
        func counts(_ fate: String) -> [Kind: Int] {
            Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, numbers["\($0.rawValue)-\(fate)"] ?? 0) })
        }
        operations = numbers["operations"] ?? 0
        lost = counts("lost")
        kept = counts("kept")
        tornPages = numbers["page-torn"] ?? 0
    }

    public var description: String {
        func list(_ counts: [Kind: Int]) -> String {
            let parts = Kind.allCases.compactMap { kind in counts[kind].flatMap { $0 > 0 ? "\(kind.rawValue)=\($0)" : nil } }
            return parts.isEmpty ? "nothing" : parts.joined(separator: " ")
        }
        return "after \(operations) operations lost \(list(lost)), tore pages=\(tornPages), kept \(list(kept))"
    }
}
