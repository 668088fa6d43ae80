import Foundation

/// The one configuration file of kioskd, as the bench writes it: JSON, which is YAML too.
struct KioskConfigurationFile: Encodable {
    struct Web: Encodable {
        var directory: String
        var strings: String
        /// The same after a restart of kioskd: a page that is open then comes back by itself.
        var port: Int
        /// Lets the bench page frame the touchscreen. Development only.
        var frameAncestor: String?
    }

    struct Platform: Encodable {
        var credential: String
        /// Overrides the credential's address: the kiosk goes through the network proxy.
        var url: String
    }

    struct Device: Encodable {
        var name: String
        var `class`: String
        var options: [String: String] = [:]
        var environment: [String: String] = [:]
    }

    struct Queue: Encodable {
        /// MiB
        var reserve: Int
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
    var queue: Queue

    func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: file, options: .atomic)
    }
}
