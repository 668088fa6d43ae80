import ArgumentParser
import Foundation
import Glibc
import LocalAPI
import PlatformAPI

struct QueueExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Copy sealed items to a disk or a stick, for `platformd import`.",
        discussion: """
            Items that wait or are held, unless --state names others. Nothing changes in the queue: what the platform has taken from the stick it takes no second time, and \
            the kiosk hears so when it next reaches it. Only the platform can open the files. Each is on the stick, and compared with what was committed, \
            before it gets its name there; run again, the command goes on where it was broken off.
            """)

    @Argument(help: "Where to; made when missing.", completion: .directory)
    var directory: String

    @OptionGroup var only: QueueStateOption
    @OptionGroup var options: QueueOptions

    func run() async throws {
        var line = ProgressLine("exporting")
        defer { line.clear() }
        try await options.answer { queue in
            let medium = try Medium(directory)
            let items = try await items(of: queue)
            var report = QueueExportReport(directory: directory, exported: 0, already: 0, bytes: 0, failed: [])
            for (index, item) in items.enumerated() {
                line.show(index, of: items.count, bytes: report.bytes)
                if medium.has(item) {
                    report.already += 1
                    continue
                }
                do {
                    try await medium.copy(item, from: queue)
                    report.exported += 1
                    report.bytes += item.byteCount
                } catch let error as Medium.Damaged {
                    report.failed.append(.init(id: item.id, reason: error.reason))
                } catch let error as Medium.Refused {
                    try? medium.synchronize()
                    throw error.problem
                } catch LocalClientError.problem(let problem) {
                    report.failed.append(.init(id: item.id, reason: problem.code))
                } catch LocalClientError.broken, LocalClientError.timedOut {
                    // One that the disk doesn't hand out is no reason to leave the others there.
                    report.failed.append(.init(id: item.id, reason: "queue.unreadable"))
                }
            }
            do { try medium.synchronize() } catch let error as Medium.Refused { throw error.problem }
            return report
        }
    }

    /// All of them, the oldest first.
    private func items(of queue: any QueueSource) async throws -> [QueueItemReport] {
        let states = only.state.map { [$0] } ?? [.waiting, .held]
        var (items, last): ([QueueItemReport], UInt64) = ([], 0)
        while true {
            let page = try await queue.items(only.state, after: last)
            guard let end = page.last else { return items }
            items += page.filter { states.contains($0.state) }
            last = end.sequence
        }
    }
}

/// The directory that items are copied to: `ID.sealed`, and `ID.part` while one is written.
private struct Medium {
    private let url: URL

    /// What came isn't what was committed.
    struct Damaged: Error {
        var reason: String
    }

    /// It is the medium that won't.
    struct Refused: Error {
        var problem: LocalClientError
    }

    init(_ directory: String) throws {
        url = URL(fileURLWithPath: directory)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw Self.refused("make \(directory)").problem
        }
    }

    private func place(_ item: QueueItemReport, _ suffix: String) -> URL { url.appendingPathComponent(item.id.wireText + suffix) }

    /// It got its name only when it was whole.
    func has(_ item: QueueItemReport) -> Bool {
        let size = try? FileManager.default.attributesOfItem(atPath: place(item, ".sealed").path)[.size] as? NSNumber
        return size?.intValue == item.byteCount
    }

    func copy(_ item: QueueItemReport, from queue: any QueueSource) async throws {
        let part = place(item, ".part")
        let descriptor = open(part.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.refused("open \(part.lastPathComponent)") }
        defer { close(descriptor) }
        var digest = Digest()
        var count = 0
        do {
            try await queue.packet(item.id) { piece in
                digest.update(piece)
                count += piece.count
                try Self.write(piece, to: descriptor)
            }
            guard count == item.byteCount, digest.hexadecimal == item.digest else {
                throw Damaged(reason: count == item.byteCount ? "queue.other-digest" : "queue.other-size")
            }
            guard fsync(descriptor) == 0 else { throw Self.refused("fsync \(part.lastPathComponent)") }
        } catch {
            unlink(part.path)
            throw error
        }
        guard rename(part.path, place(item, ".sealed").path) == 0 else { throw Self.refused("rename \(part.lastPathComponent)") }
    }

    private static func write(_ piece: Data, to descriptor: Int32) throws {
        try piece.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw refused("write") }
                written += count
            }
        }
    }

    func synchronize() throws {
        let descriptor = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.refused("open \(url.path)") }
        defer { close(descriptor) }
        // Some file systems of sticks don't know fsync of a directory; the files themselves are there.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.refused("fsync \(url.path)") }
    }

    private static func refused(_ what: String) -> Refused {
        let number = errno
        let advice =
            number == ENOSPC
            ? "it is full; what has its name there is whole, and a larger one takes all" : "is it in, and may it be written?"
        return Refused(
            problem: .problem(
                LocalProblem(
                    status: 502, code: "export.medium", detail: "The medium refused (\(what): \(String(cString: strerror(number)))): \(advice)")))
    }
}

/// `kioskctl queue export`: what was copied.
struct QueueExportReport: Report {
    struct Failure: Codable {
        var id: UUID
        /// A stable code.
        var reason: String
    }

    var directory: String
    var exported: Int
    /// Items that were there from an earlier run.
    var already: Int
    /// bytes copied
    var bytes: Int
    /// Items that could not be copied, since their file is missing or damaged.
    var failed: [Failure]

    var needsTechnician: Bool { !failed.isEmpty }

    var table: Table {
        Table(
            .facts([
                ("directory", directory), ("exported", "\(exported)"), ("there already", "\(already)"), ("bytes", "\(bytes)"),
                ("not exported", failed.isEmpty ? nil : failed.map { "\($0.id.wireText) (\($0.reason))" }.joined(separator: ", ")),
            ]),
            .lines(
                failed.isEmpty
                    ? ["Bring it to the platform: `platformd import`."]
                    : ["`kioskctl queue verify` says what is wrong with those. Bring the others to the platform: `platformd import`."]))
    }
}
