internal import Foundation
internal import Glibc
#if MUTANTS
    internal import Mutants
#endif

/// The sealed files, and where those go that no entry owns.
///
/// - `payloads/ID.sealed`, and `ID.part` while one is written
/// - `abandoned/FIRST-LAST`: the first file of a commit whose rows must not live, named for their sequence numbers
/// - `orphans/ID.sealed`: no entry owns it
struct PayloadDirectory: Sendable {
    private let payloads: DirectoryHandle
    private let abandoned: DirectoryHandle
    private let orphans: DirectoryHandle

    /// - Parameter url: the outbox's directory
    init(in url: URL) throws {
        payloads = try DirectoryHandle(making: url.appendingPathComponent("payloads"))
        abandoned = try DirectoryHandle(making: url.appendingPathComponent("abandoned"))
        orphans = try DirectoryHandle(making: url.appendingPathComponent("orphans"))
    }

    private static func part(_ id: UUID) -> String { id.key + ".part" }
    private static func sealed(_ id: UUID) -> String { id.key + ".sealed" }

    /// bytes of the file system that are free for this user
    func freeBytes() throws -> Int { try payloads.freeBytes() }

    func fileURL(_ id: UUID) -> URL { payloads.url.appendingPathComponent(Self.sealed(id)) }

    // MARK: - A commit

    /// Opens `ID.part` for writing; it must not exist.
    func create(_ id: UUID) throws -> SealedFileWriter {
        SealedFileWriter(owning: try payloads.create(Self.part(id)), name: Self.part(id))
    }

    /// Gives a finished file its final name. Durable only after `sync()`.
    func publish(_ id: UUID) throws {
        guard try payloads.rename(Self.part(id), to: Self.sealed(id)) else { throw OutboxError(.io, "\(Self.part(id)) is gone") }
    }

    /// Fsyncs the directory of the sealed files.
    func sync() throws {
        #if MUTANTS
            if Mutant.noDirectoryFsync.isAwake { return }
        #endif
        try payloads.sync()
    }

    /// Removes what there is of a payload.
    func remove(_ id: UUID) throws {
        try payloads.remove(Self.part(id))
        try payloads.remove(Self.sealed(id))
    }

    // MARK: - A commit taken back

    /// Takes a file out of sight in one step that needs no room on the disk, with the sequence numbers whose rows must not live.
    func abandon(_ id: UUID, sequences: ClosedRange<UInt64>) throws {
        guard try payloads.rename(Self.sealed(id), to: "\(sequences.lowerBound)-\(sequences.upperBound)", in: abandoned) else {
            throw OutboxError(.io, "\(Self.sealed(id)) is gone")
        }
        try abandoned.sync()
        try payloads.sync()
    }

    /// What was abandoned, by the names of the files that `forget` takes.
    func abandonedCommits() throws -> [(name: String, sequences: ClosedRange<Int64>)] {
        var commits: [(String, ClosedRange<Int64>)] = []
        try abandoned.forEachName(atOnce: 64) { names in
            for name in names {
                let bounds = name.split(separator: "-").compactMap { Int64($0) }
                guard bounds.count == 2, bounds[0] <= bounds[1] else {
                    throw OutboxError(.corrupt, "abandoned/ holds a file with an unknown name: move it away, then start again")
                }
                commits.append((name, bounds[0]...bounds[1]))
            }
            return true
        }
        return commits
    }

    /// Removes the trace of an abandoned commit, whose rows are gone for good.
    func forget(_ names: [String]) throws {
        for name in names { try abandoned.remove(name) }
        try abandoned.sync()
    }

    // MARK: - Verification

    /// Whether no payload lies here, finished or not.
    func isEmpty() throws -> Bool { try payloads.isEmpty() }

    /// Whether a finished payload lies here.
    func exists(_ id: UUID) throws -> Bool {
        guard let file = try payloads.open(Self.sealed(id)) else { return false }
        close(file)
        return true
    }

    /// The names of all payloads, finished or not, some at a time.
    /// - Parameter take: returns whether to go on
    func forEachName(_ take: ([String]) throws -> Bool) throws {
        try payloads.forEachName(atOnce: 256, take)
    }

    /// The entry that a payload belongs to; nil for a file that was never finished, and for one that isn't ours.
    static func owner(of name: String) -> String? {
        name.hasSuffix(".sealed") ? String(name.dropLast(".sealed".count)) : nil
    }

    /// Takes a file away that no entry owns. One that was finished is kept apart: should the database have lost its row, it is all there is of it.
    /// - Returns: false when it was gone already, as after a commit that came to its end meanwhile, and for what isn't ours
    func removeOrphan(_ name: String) throws -> Bool {
        if Self.owner(of: name) != nil { return try payloads.rename(name, to: name, in: orphans) }
        guard name.hasSuffix(".part") else { return false }
        return try payloads.remove(name)
    }

    /// Fsyncs what `removeOrphan` did.
    func syncOrphans() throws {
        try orphans.sync()
        try payloads.sync()
    }

    /// Size in bytes and SHA-256 in lower-case hexadecimal of a sealed file as it lies on the disk; nil when there is none.
    func measure(_ id: UUID) throws -> (byteCount: Int, digest: String)? {
        guard let file = try payloads.open(Self.sealed(id)) else { return nil }
        defer { close(file) }
        return try SealedFile.measure(file, name: Self.sealed(id))
    }
}
