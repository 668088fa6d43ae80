import Foundation
import KioskModel
import KioskRuntime
import PlatformAPI
import Yams

/// kiosk.yaml, the one configuration file. Relative paths count from the file's own directory.
struct ConfigurationFile: Decodable {
    struct Web: Decodable {
        var directory: String
        var strings: String
        var port: Int?
        var frameAncestor: String?
    }

    struct Platform: Decodable {
        var credential: String
        var signingKey: String?
        var url: URL?
        var bandwidth: Int?
    }

    struct Device: Decodable {
        var name: String
        var `class`: DeviceClass
        var options: [String: String]?
        var environment: [String: String]?
    }

    struct Power: Decodable {
        var minimumRuntime: Int?
    }

    struct Queue: Decodable {
        struct Freeze: Decodable {
            var after: Int
            var journeys: [String]
        }

        var quota: Int?
        var reserve: Int?
        var freeze: Freeze?
    }

    var kiosk: String
    var dataDirectory: String
    var runtimeDirectory: String
    var web: Web
    var catalogue: String
    var platform: Platform
    var deviceHost: String
    var devices: [Device]
    var documentCamera: String?
    var power: Power?
    var queue: Queue?

    enum Problem: Error, CustomStringConvertible {
        case unreadable(path: String, cause: any Error)
        case invalid(path: String, key: String, what: String)

        var description: String {
            switch self {
            case .unreadable(let path, let cause): "\(path): can't be read: \(cause)"
            case .invalid(let path, let key, let what): "\(path): \(key): \(what)"
            }
        }
    }

    static func load(_ path: String) throws -> KioskConfiguration {
        let file = URL(fileURLWithPath: path)
        let text: String
        do {
            text = try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw Problem.unreadable(path: path, cause: error)
        }
        do {
            return try YAMLDecoder().decode(Self.self, from: text).resolved(from: file.deletingLastPathComponent(), path: path)
        } catch let error as DecodingError {
            throw Problem.invalid(path: path, key: error.keyPath, what: error.what)
        } catch let error as YamlError {
            throw Problem.invalid(path: path, key: "YAML", what: "\(error)")
        }
    }

    private func resolved(from base: URL, path: String) throws -> KioskConfiguration {
        func url(_ text: String) -> URL { URL(fileURLWithPath: text, relativeTo: base).absoluteURL.standardizedFileURL }
        let names = devices.map(\.name)
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw Problem.invalid(path: path, key: "devices", what: "two devices are named \(twice); give each a name of its own")
        }
        if let port = web.port, !(0...65535).contains(port) {
            throw Problem.invalid(path: path, key: "web.port", what: "\(port) is no port; 0 to 65535")
        }
        if let rate = platform.bandwidth, !(8...1 << 20).contains(rate) {
            throw Problem.invalid(
                path: path, key: "platform.bandwidth", what: "\(rate) is no rate; KiB a second from 8 to \(1 << 20), or leave it out")
        }
        if let seconds = power?.minimumRuntime, !(0...86_400).contains(seconds) {
            throw Problem.invalid(path: path, key: "power.minimumRuntime", what: "\(seconds) is no time; seconds from 0 to 86400")
        }
        if let documentCamera, !devices.contains(where: { $0.name == documentCamera && $0.class == .camera }) {
            throw Problem.invalid(path: path, key: "documentCamera", what: "no device of class camera is named \(documentCamera)")
        }
        guard !devices.isEmpty else { throw Problem.invalid(path: path, key: "devices", what: "names none; the imaging worker at least is needed") }
        let configuration = KioskConfiguration(
            kiosk: kiosk, dataDirectory: url(dataDirectory), runtimeDirectory: url(runtimeDirectory), webDirectory: url(web.directory),
            stringsDirectory: url(web.strings), webPort: web.port ?? 0, frameAncestor: web.frameAncestor, catalogueDirectory: url(catalogue),
            credentialFile: url(platform.credential),
            signingKeyFile: platform.signingKey.map(url) ?? KioskPrivateKey.place(beside: url(platform.credential)), platformURL: platform.url,
            bandwidth: platform.bandwidth.map { $0 << 10 },
            deviceHost: url(deviceHost),
            devices: devices.map {
                .init(name: $0.name, deviceClass: $0.class, options: $0.options ?? [:], environment: $0.environment ?? [:])
            },
            documentCamera: documentCamera, minimumRuntime: power?.minimumRuntime ?? PowerPolicy.defaultMinimum,
            queue: try queue?.resolved(path) ?? .init())
        let longest = [configuration.controlSocket, configuration.deviceSocket].map(\.path.utf8.count).max() ?? 0
        guard longest <= 107 else {
            throw Problem.invalid(path: path, key: "runtimeDirectory", what: "is too long for a Unix socket (107 bytes): choose a shorter one")
        }
        return configuration
    }
}

extension DecodingError {
    /// `devices[1].class`
    fileprivate var keyPath: String {
        let (path, key): ([any CodingKey], (any CodingKey)?) =
            switch self {
            case .keyNotFound(let key, let context): (context.codingPath, key)
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): (context.codingPath, nil)
            @unknown default: ([], nil)
            }
        return (path + (key.map { [$0] } ?? [])).map { part in part.intValue.map { "[\($0)]" } ?? part.stringValue }.joined(separator: ".")
    }

    fileprivate var what: String {
        switch self {
        case .keyNotFound: "is missing; docs/configuration.md lists what must be there"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context.debugDescription
        @unknown default: "is not as docs/configuration.md describes it"
        }
    }
}
