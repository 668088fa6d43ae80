public import Foundation

/// What a packet carries.
public enum PacketKind: String, Sendable, Codable, CaseIterable {
    /// An `ApplicationSubmission` as JSON.
    case application
    /// The bytes of one material, announced by a `MaterialManifest` of the same id.
    case material

    /// The byte that stands for the kind in canonical encodings.
    var code: UInt8 {
        switch self {
        case .application: 1
        case .material: 2
        }
    }
}

/// What is known of a packet without opening it. It is bound to the sealed bytes: a packet moved under another header does not open.
public struct PacketHeader: Sendable, Codable, Hashable {
    /// UUIDv7: packet id, upload id and idempotency key in one.
    public var id: UUID
    public var kind: PacketKind
    /// Enrolment name of the kiosk.
    public var kiosk: String
    /// Position in the kiosk's outbox; grows, need not be free of gaps.
    public var sequence: UInt64

    public init(id: UUID, kind: PacketKind, kiosk: String, sequence: UInt64) {
        self.id = id
        self.kind = kind
        self.kiosk = kiosk
        self.sequence = sequence
    }

    /// The bytes that HPKE authenticates with each chunk; see docs/sealed-packet.md.
    var canonicalBytes: Data {
        var bytes = CanonicalBytes(domain: "CivicKiosk packet header v1")
        bytes.append(id)
        bytes.append(kind.code)
        bytes.append(kiosk)
        bytes.append(sequence)
        return bytes.data
    }
}

/// A kiosk's enrolment name: 1 to 64 of a–z, 0–9 and `-`, so that it is safe in URLs, file names and log lines.
public enum KioskName {
    public static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
