public import Foundation
import GRDB
public import Logging
import PlatformAPI
#if MUTANTS
    import Mutants
#endif

/// Takes packets that came on a stick, or lie on the disk of a kiosk that is dead: they name themselves, and the platform's keys open them.
///
/// It only ever accepts. What can't be accepted is said, and nothing of it is kept: a bad copy must not stand in the way of the kiosk's good one.
public struct PlatformImport: Sendable {
    /// What became of one file.
    public struct Item: Sendable, Codable, Equatable {
        public enum Outcome: String, Sendable, Codable, CaseIterable {
            /// It is the platform's now, as if it had come over the network.
            case accepted
            /// The platform had it.
            case already
            /// A material whose application the platform doesn't have: import that first.
            case applicationMissing = "application-missing"
            /// The kiosk that it names was never enrolled here.
            case unknownKiosk = "unknown-kiosk"
            /// Sealed to, or signed with, a key that this platform lacks.
            case missingKey = "missing-key"
            /// Not a packet, cut off, or changed.
            case damaged
            /// The platform decided against it, now or before; `reason` says why.
            case rejected
            /// An upload announced other bytes under this id.
            case conflict
            /// It can't be read.
            case unreadable

            /// Whether the platform has what it is to have.
            public var isThere: Bool { self == .accepted || self == .already }
        }

        /// The file's name, without its directory.
        public var file: String
        /// Nil for what isn't a packet.
        public var id: UUID?
        public var kiosk: String?
        public var outcome: Outcome
        public var reason: String?
    }

    private let intake: PacketIntake
    private let limits = PlatformConfiguration.Limits()

    /// - Throws: when the directories don't hold a platform and a catalogue.
    public init(data: URL, catalogue: URL, logger: Logger) throws {
        let place = data.appendingPathComponent("platform.sqlite")
        guard FileManager.default.fileExists(atPath: place.path) else { throw PlatformError.file(place.path, errno: ENOENT) }
        intake = try PlatformCore(data: data, catalogue: catalogue, limits: limits, logger: logger).intake
    }

    private var files: PacketFiles { intake.files }

    /// The packets that lie in these places: files as they are, of a directory those ending in `.sealed`, of a kiosk's outbox those in `payloads/`.
    /// - Throws: the error of a directory that can't be read
    public static func packets(in places: [URL]) throws -> [URL] {
        try places.flatMap { place -> [URL] in
            guard isDirectory(place) else { return [place] }
            let payloads = place.appendingPathComponent("payloads")
            let directory = isDirectory(payloads) ? payloads : place
            return try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil).filter { $0.pathExtension == "sealed" }
        }
    }

    private static func isDirectory(_ url: URL) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Takes each file, applications first. What was taken is durable when it is told of; the sources stay as they are.
    /// Works whether the server runs or not, and may be broken off and begun anew at any time.
    /// - Parameter progress: called with the number of files done, and how many there are
    /// - Throws: what stands in the way of all of them, such as a full disk
    public func run(_ sources: [URL], progress: (Int, Int) -> Void = { _, _ in }) async throws -> [Item] {
        let found = sources.map { (file: $0, prefix: Self.prefix(of: $0)) }
        let order = found.indices.sorted { Self.key(found[$0].prefix, found[$0].file) < Self.key(found[$1].prefix, found[$1].file) }
        let lock = try files.lockImport()
        defer { withExtendedLifetime(lock) {} }
        try await intake.ledger.begin()
        var items: [Item] = []
        for index in order {
            let (file, prefix) = found[index]
            var item = Item(file: file.lastPathComponent, id: nil, kiosk: nil, outcome: .damaged, reason: nil)
            switch prefix {
            case .success(let header?):
                (item.id, item.kiosk) = (header.id, header.kiosk)
                (item.outcome, item.reason) = try await take(file, header)
            case .success(nil): break
            case .failure(let error): (item.outcome, item.reason) = (.unreadable, "\(error)")
            }
            items.append(item)
            progress(items.count, found.count)
        }
        return items
    }

    private static func prefix(of file: URL) -> Result<PacketHeader?, any Error> {
        do {
            var found: Data?
            try UnreadableFile.read(file, atMost: PacketPrefix.largestSize) { found = found ?? $0 }
            return .success((try? PacketPrefix(reading: found ?? Data()))?.header)
        } catch {
            return .failure(error)
        }
    }

    /// Applications before the materials that belong to them, each as its kiosk counted.
    private static func key(_ prefix: Result<PacketHeader?, any Error>, _ file: URL) -> (Int, String, UInt64, String) {
        guard case .success(let header?) = prefix else { return (2, "", 0, file.lastPathComponent) }
        return (header.kind == .application ? 0 : 1, header.kiosk, header.sequence, file.lastPathComponent)
    }

    private func take(_ file: URL, _ header: PacketHeader) async throws -> (Item.Outcome, String?) {
        if let decision = try await intake.decision(of: header.id) {
            do { return try await confirm(decision, file, header) } catch let error as UnreadableFile { return (.unreadable, "\(error)") }
        }
        guard try await !intake.reader.kioskKeys.keys(of: header.kiosk).isEmpty else { return (.unknownKiosk, nil) }
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? NSNumber)?.intValue ?? 0
        guard size <= (header.kind == .application ? limits.maxApplicationPacket : limits.maxMaterialPacket) else { return (.rejected, "too-large") }
        if header.kind == .material, try await intake.applications.manifest(of: header.id, kiosk: header.kiosk) == nil {
            return (.applicationMissing, nil)
        }
        do {
            let (opened, digest) = try await intake.reader.read(header, at: file, sealedDigest: nil)
            return try await accept(file, header, opened, digest)
        } catch PacketReader.Failure.missingKey(let error) {
            return (.missingKey, "\(error)")
        } catch let error as NationalCryptoError {
            return (.missingKey, "\(error)")
        } catch let reason as RejectionReason {
            return (reason.isDamage ? .damaged : .rejected, reason.rawValue)
        } catch let error as UnreadableFile {
            return (.unreadable, "\(error)")
        }
    }

    private func accept(_ file: URL, _ header: PacketHeader, _ opened: PacketReader.Opened, _ digest: String) async throws -> (Item.Outcome, String?)
    {
        defer { files.unstage(header.id) }
        let staged = try await files.stage(header.id, from: file)
        guard staged.digest == digest else { return (.unreadable, "it reads differently from one time to the next") }
        #if MUTANTS
            if Mutant.earlyImport.isAwake { return (.accepted, nil) }
        #endif
        let upload = Upload(header: header, sealedDigest: digest, length: staged.byteCount, offset: staged.byteCount)
        do {
            try await intake.accept(upload, opened) { [files] db, now in
                guard try UploadStore.complete(upload, at: now, db) else { throw OtherBytesAnnounced() }
                try files.place(header.id)
            }
        } catch is OtherBytesAnnounced {
            return (.conflict, nil)
        }
        guard let decision = try await intake.decision(of: header.id) else { return (.unreadable, nil) }
        let (outcome, reason) = try await confirm(decision, file, header)
        return (outcome == .already ? .accepted : outcome, reason)
    }

    private struct OtherBytesAnnounced: Error {}

    /// What was accepted must be there: an upload that went on beside an import may have cut the file it found.
    private func confirm(_ decision: Decision, _ file: URL, _ header: PacketHeader) async throws -> (Item.Outcome, String?) {
        switch decision.outcome {
        case .rejected(let reason): return (.rejected, reason.rawValue)
        case .accepted(let signed):
            let digest = signed.acknowledgement.sealedDigest
            if await files.digest(header.id) == digest { return (.already, nil) }
            defer { files.unstage(header.id) }
            guard try await files.stage(header.id, from: file).digest == digest else { return (.conflict, nil) }
            try files.place(header.id)
            return (.already, nil)
        }
    }
}

extension RejectionReason {
    /// Whether it speaks of the bytes that came rather than of what the kiosk sealed.
    fileprivate var isDamage: Bool {
        switch self {
        case .notAPacket, .unsupportedFormat, .wrongHeader, .badSignature, .reordered, .tampered, .truncated, .trailingBytes: true
        case .malformedSubmission, .submissionMismatch, .unknownItem, .invalidMaterial, .manifestMismatch: false
        }
    }
}
