import Bench
import BenchLine
import Foundation
import KioskModel
import Outbox
import PlatformAPI
import Synchronization

/// The requests that bring packets to a platform, as curl's configuration says them: an announcement, the pieces, and the question for the acknowledgement.
struct CurlRequests {
    private struct Packet {
        var entry: OutboxEntry
        var kind: PacketKind
        /// In order.
        var pieces: [Piece]
    }

    private struct Piece {
        var path: String
        var offset: Int
    }

    private let packets: [Packet]

    /// bytes, as the kiosk's client sends them over a quick line
    private static let pieceSize = 512 << 10

    /// A packet of one piece is sent out of its own file; of larger ones the pieces become files in this directory.
    init(_ entries: [OutboxEntry], of outbox: Outbox, in directory: URL) throws {
        packets = try entries.map { entry in
            guard let kind = PacketKind(rawValue: entry.kind) else { throw BenchFailure("there is no packet of kind \(entry.kind)") }
            let file = outbox.fileURL(for: entry)
            if entry.byteCount <= Self.pieceSize { return Packet(entry: entry, kind: kind, pieces: [Piece(path: file.path, offset: 0)]) }
            let handle = try FileHandle(forReadingFrom: file)
            var packet = Packet(entry: entry, kind: kind, pieces: [])
            var offset = 0
            while let bytes = try handle.read(upToCount: Self.pieceSize), !bytes.isEmpty {
                let path = directory.appending(path: "\(entry.id.wireText)-\(offset)").path
                try bytes.write(to: URL(filePath: path))
                packet.pieces.append(Piece(path: path, offset: offset))
                offset += bytes.count
            }
            return packet
        }
    }

    private var paths: [String] { packets.flatMap(\.pieces).map(\.path) }

    /// SHA-256 of every piece by its path, lower-case hexadecimal; and what openssl took for them.
    func checksums() async throws -> (values: [String: String], cost: Cost) {
        let lines = Mutex([String]())
        var rest = paths[...]
        let meter = CostMeter()
        while !rest.isEmpty {
            let some = Array(rest.prefix(1000))
            rest = rest.dropFirst(some.count)
            let openssl = try await BenchProcess.start(
                .init("/usr/bin/openssl", ["dgst", "-sha256", "-r"] + some, environment: [:]), hearing: .seconds(10)
            ) {
                line in lines.withLock { $0.append(line) }
            }
            let end = await openssl.wait()
            guard end == .exit(0) else { throw BenchFailure("openssl dgst ended with \(end)") }
        }
        let cost = meter.cost
        // DIGEST *PATH
        let pairs = lines.withLock { $0 }.map { line in (String(line.dropFirst(66)), String(line.prefix(64))) }
        return (Dictionary(pairs, uniquingKeysWith: { $1 }), cost)
    }

    /// Throws when a piece has no checksum.
    func script(_ credential: KioskCredential, checksums: [String: String]) throws -> String {
        let base = credential.platformURL.absoluteString
        let common = ["silent", Self.header("Authorization", "Bearer \(credential.token.reveal)")]
        let tus = common + [Self.header(Tus.resumable, Tus.version)]
        var requests: [[String]] = []
        for packet in packets {
            let entry = packet.entry
            let metadata = UploadMetadata(id: entry.id, kind: packet.kind, sequence: entry.sequence, sealedDigest: entry.digest)
            requests.append(
                tus + [
                    "url = \"\(base)\(PlatformRoute.uploads)\"", "data = \"\"", "header = \"Content-Type:\"",
                    Self.header(Tus.uploadLength, "\(entry.byteCount)"), Self.header(Tus.uploadMetadata, metadata.headerValue),
                ])
            for piece in packet.pieces {
                guard let digest = checksums[piece.path].flatMap({ Data(hexadecimal: $0) }) else { throw BenchFailure("a piece has no checksum") }
                requests.append(
                    tus + [
                        "url = \"\(base)\(PlatformRoute.upload(entry.id))\"", "request = \"PATCH\"", "upload-file = \"\(piece.path)\"",
                        "header = \"Expect:\"", Self.header("Content-Type", Tus.contentType), Self.header(Tus.uploadOffset, "\(piece.offset)"),
                        Self.header(Tus.uploadChecksum, "sha256 \(digest.base64EncodedString())"),
                    ])
            }
            // Answers are told at once, each ended by the line feed that comes with the next.
            requests.append(
                common + ["url = \"\(base)\(PlatformRoute.acknowledgement(entry.id))\"", "no-buffer", "write-out = \"\\n\""])
        }
        return requests.map { $0.joined(separator: "\n") }.joined(separator: "\nnext\n") + "\n"
    }

    private static func header(_ name: String, _ value: String) -> String { "header = \"\(name): \(value)\"" }
}
