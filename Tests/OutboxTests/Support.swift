import Crypto
import Foundation
import Glibc
import Logging
import Outbox
import Testing

/// A directory of its own, removed at the end.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("outbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var outboxURL: URL { url.appendingPathComponent("outbox") }
    var payloads: URL { outboxURL.appendingPathComponent("payloads") }

    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    func open() throws -> Outbox { try Outbox(directory: outboxURL, logger: logger) }

    func files(_ directory: String = "payloads") throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: outboxURL.appendingPathComponent(directory).path))
    }

    /// Where the sealed bytes of an entry lie.
    func file(_ id: UUID) -> URL { payloads.appendingPathComponent(id.uuidString.lowercased() + ".sealed") }
}

extension OutboxDraft {
    static func application(_ id: UUID = UUID()) -> OutboxDraft { OutboxDraft(id: id, kind: "application", reference: "TEST-0001") }

    static func material(of application: OutboxDraft) -> OutboxDraft {
        OutboxDraft(id: UUID(), kind: "material", reference: application.reference, dependsOn: application.id)
    }
}

/// The time that tests start at, on a whole second.
let start = Date(timeIntervalSince1970: 1_800_000_000)

/// Where the platform has something.
let place = LedgerPlace(term: "first", number: 1)

/// A seal that isn't one: the outbox doesn't care what the bytes are.
func bytes(_ draft: OutboxDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws {
    try sink(Data("packet ".utf8))
    try sink(Data("\(sequence)".utf8))
}

func sha256(_ data: Data) -> String {
    SHA256.hash(data: data).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}

/// What a run of outbox-writer said.
struct WriterRun {
    var lines: [String]
    var status: Int32

    var acknowledged: Set<UUID> { ids("ack ") }
    var refused: Set<UUID> { ids("refused ") }
    var refusals: [String] { lines.filter { $0.hasPrefix("refused ") }.map { String($0.split(separator: " ")[1]) } }
    /// What the commit after a refusal met.
    var afterwards: [String] { lines.filter { $0.hasPrefix("then ") }.map { String($0.dropFirst(5)) } }
    var lastSequence: UInt64 { lines.filter { $0.hasPrefix("sealing ") }.compactMap { UInt64($0.dropFirst(8)) }.max() ?? 0 }

    private func ids(_ prefix: String) -> Set<UUID> {
        Set(lines.filter { $0.hasPrefix(prefix) }.flatMap { $0.split(separator: " ").compactMap { UUID(uuidString: String($0)) } })
    }
}

/// Runs the helper, which commits `count` pairs, or verifies without one, under another program if `wrapper` names one, and kills it when `kill` says so after a line.
func write(
    to scratch: Scratch, count: Int?, size: Int = 1, fileLimit: Int? = nil, wrapper: [String] = [],
    killAfter kill: (_ lines: Int) -> useconds_t? = { _ in nil }
) throws -> WriterRun {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let helper = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("outbox-writer").path
    let command =
        wrapper + [helper, scratch.outboxURL.path] + (count.map { ["\($0)", "\(size)"] } ?? ["verify"]) + (fileLimit.map { ["\($0)"] } ?? [])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var text = Data()
    var lines = 0
    while true {
        let piece = output.fileHandleForReading.availableData
        if piece.isEmpty { break }
        text += piece
        lines += piece.count { $0 == 10 }
        if let delay = kill(lines) {
            usleep(delay)
            Glibc.kill(process.processIdentifier, SIGKILL)
        }
    }
    process.waitUntilExit()
    // A line cut off by the kill wasn't said.
    let whole = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    return WriterRun(lines: whole, status: process.terminationStatus)
}

/// What must hold after any end of the writer: nothing acknowledged is lost, nothing refused or half-done lives.
func checkDurable(_ run: WriterRun, in scratch: Scratch, size: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let outbox = try scratch.open()
    let verification = try outbox.verify()
    #expect(verification.isClean, "\(verification)", sourceLocation: sourceLocation)
    let entries = try outbox.entries()
    let ids = Set(entries.map(\.id))
    #expect(run.acknowledged.isSubset(of: ids), "an acknowledged packet is lost", sourceLocation: sourceLocation)
    #expect(run.refused.isDisjoint(with: ids), "a refused packet lives", sourceLocation: sourceLocation)
    // A pair that was committed but not said yet is fine; half a pair isn't.
    #expect(entries.count { $0.kind == "application" } == entries.count { $0.kind == "material" }, sourceLocation: sourceLocation)
    #expect(entries.allSatisfy { $0.state == .waiting }, sourceLocation: sourceLocation)
    #expect(try scratch.files() == Set(ids.map { $0.uuidString.lowercased() + ".sealed" }), sourceLocation: sourceLocation)
    for entry in entries {
        let data = try Data(contentsOf: outbox.fileURL(for: entry))
        #expect(data.count == size && data.count == entry.byteCount && sha256(data) == entry.digest, sourceLocation: sourceLocation)
    }
    let next = try outbox.commit([.application()], at: start, seal: bytes)
    #expect(next[0].sequence > run.lastSequence, "a sequence number was used twice", sourceLocation: sourceLocation)
}
