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

    init?(code: UInt8) {
        guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = kind
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

    private static let domain = "CivicKiosk packet header v2"

    /// The bytes that stand in the packet's prefix and are authenticated with each chunk; see docs/sealed-packet.md.
    var canonicalBytes: Data {
        var bytes = CanonicalBytes(domain: Self.domain)
        bytes.append(id)
        bytes.append(kind.code)
        bytes.append(kiosk)
        bytes.append(sequence)
        return bytes.data
    }

    init?(_ reader: inout CanonicalReader) {
        guard reader.text() == Self.domain, let id = reader.id(), id.isVersion7, let kind = reader.byte().flatMap(PacketKind.init(code:)),
            let kiosk = reader.text(), KioskName.isValid(kiosk), let sequence = reader.number()
        else { return nil }
        self.init(id: id, kind: kind, kiosk: kiosk, sequence: sequence)
    }
}

/// What else a kiosk writes on a packet, for whoever finds its disk: which receipt it belongs to, and what must come before it.
public struct PacketLabel: Sendable, Hashable {
    /// What the citizen's receipt shows; `referenceSizes` bytes of UTF-8, nothing personal.
    public var reference: String
    /// The packet that must be delivered first: of a material, its application.
    public var dependsOn: UUID?

    public init(reference: String, dependsOn: UUID?) {
        self.reference = reference
        self.dependsOn = dependsOn
    }

    var canonicalBytes: Data {
        var bytes = CanonicalBytes(domain: Self.domain)
        bytes.append(reference)
        bytes.append(UInt8(dependsOn == nil ? 0 : 1))
        if let dependsOn { bytes.append(dependsOn) }
        return bytes.data
    }

    static let referenceSizes = 1...64
    private static let domain = "CivicKiosk packet label v1"

    init?(_ reader: inout CanonicalReader) {
        guard reader.text() == Self.domain, let reference = reader.text(), Self.referenceSizes.contains(reference.utf8.count),
            let flag = reader.byte()
        else {
            return nil
        }
        switch flag {
        case 0: self.init(reference: reference, dependsOn: nil)
        case 1:
            guard let id = reader.id() else { return nil }
            self.init(reference: reference, dependsOn: id)
        default: return nil
        }
    }
}

/// A kiosk's enrolment name: 1 to 40 of a–z, 0–9 and `-`, so that it is safe in URLs, file names and log lines, and leaves room in a reference.
public enum KioskName {
    public static let longest = 40

    public static func isValid(_ name: String) -> Bool {
        (1...longest).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
