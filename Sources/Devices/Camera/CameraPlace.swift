internal import CameraShim
internal import Glibc
internal import KioskModel

/// Where the camera was found: its path, and the mark that changes when it is plugged in anew.
struct CameraPlace {
    /// milliseconds for the stand-in to say hello
    private static let hello: Int32 = 2000

    var path: String
    var mark: Int64
    var isStandIn: Bool
    /// What the node says of itself; the stand-in says it when it is opened.
    var identity: [String: String]

    /// The one camera that the options mean.
    /// - Throws: ``CameraFailure`` when there is none; a fault `camera.several` when there are several.
    static func find(_ options: CameraOptions) throws -> CameraPlace {
        if let source = options.source { return try CameraPlace(path: source, isStandIn: true, identity: [:]) }
        var found = [kiosk_camera_candidate](repeating: kiosk_camera_candidate(), count: 16)
        let count = try CameraFailure.check(kiosk_camera_list(&found, found.count), "list")
        let all = found.prefix(Int(count))
        let fitting = all.filter { fits($0, options) }
        guard let only = fitting.first else {
            throw CameraFailure(KIOSK_CAMERA_GONE, "\(all.count) other cameras are there")
        }
        guard fitting.count == 1 else {
            let names = fitting.map { identity(of: $0).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }
            throw CameraFailure.fault(
                "several", .configure,
                "\(fitting.count) cameras fit; choose one by option serial=, path=, card= or device=: \(names.joined(separator: "; "))")
        }
        return try CameraPlace(path: text(of: only.node), isStandIn: false, identity: identity(of: only))
    }

    private init(path: String, isStandIn: Bool, identity: [String: String]) throws {
        let mark = kiosk_camera_presence(path)
        guard mark >= 0 else { throw CameraFailure(kiosk_camera_error(rawValue: Int32(truncatingIfNeeded: mark)), "find") }
        (self.path, self.mark, self.isStandIn, self.identity) = (path, mark, isStandIn, identity)
    }

    /// Whether the same camera, not plugged in anew, is still there. Opens nothing.
    var isThere: Bool { kiosk_camera_presence(path) == mark }

    func open() throws -> (camera: OpaquePointer, identity: [String: String]) {
        var opened: OpaquePointer?
        var identity = identity
        if isStandIn {
            var candidate = kiosk_camera_candidate()
            try CameraFailure.check(kiosk_camera_open_stand_in(path, Self.hello, &candidate, &opened), "open")
            identity = Self.identity(of: candidate)
        } else {
            try CameraFailure.check(kiosk_camera_open(path, &opened), "open")
        }
        guard let opened else { throw CameraFailure(KIOSK_CAMERA_NO_MEMORY, "open") }
        return (opened, identity)
    }

    private static func fits(_ candidate: kiosk_camera_candidate, _ options: CameraOptions) -> Bool {
        let card = text(of: candidate.card)
        return options.serial.map { $0 == text(of: candidate.serial) } != false && options.path.map { $0 == text(of: candidate.bus) } != false
            && options.card.map { $0 == card || (card.utf8.count == 31 && $0.hasPrefix(card)) } != false
            && options.device.map { resolved($0) == text(of: candidate.node) } != false
    }

    /// Follows the links of /dev/v4l/by-id and by-path.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func identity(of candidate: kiosk_camera_candidate) -> [String: String] {
        let all = [
            "card": text(of: candidate.card), "path": text(of: candidate.bus), "driver": text(of: candidate.driver),
            "serial": text(of: candidate.serial), DeviceStatus.node: text(of: candidate.node),
        ]
        return all.filter { !$0.value.isEmpty }
    }

    /// A C array of characters, which Swift sees as a tuple.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
