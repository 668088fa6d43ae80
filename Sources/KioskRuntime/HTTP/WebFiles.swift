internal import NIOFoundationEssentialsCompat
internal import Foundation
internal import Hummingbird

/// The page's files, read once: what isn't in this table doesn't exist, whatever a path says.
struct WebFiles: Sendable {
    private let files: [String: (type: String, bytes: ByteBuffer)]

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "json": "application/json", "svg": "image/svg+xml", "png": "image/png", "woff2": "font/woff2",
    ]

    /// Takes every file of a known type under `directory`, and `strings` as `/strings/…`.
    init(directory: URL, strings: URL) throws {
        var files: [String: (String, ByteBuffer)] = [:]
        for (root, prefix) in [(directory, "/"), (strings, "/strings/")] {
            guard let names = FileManager.default.enumerator(atPath: root.path) else { throw CocoaError(.fileReadNoSuchFile) }
            for case let name as String in names {
                guard let type = Self.types[(name as NSString).pathExtension] else { continue }
                files[prefix + name] = (type, ByteBuffer(data: try Data(contentsOf: root.appendingPathComponent(name))))
            }
        }
        guard files["/index.html"] != nil else { throw CocoaError(.fileReadNoSuchFile) }
        files["/"] = files["/index.html"]
        self.files = files
    }

    func response(for path: String) -> Response? {
        guard let file = files[path] else { return nil }
        return Response(status: .ok, headers: [.contentType: file.type], body: ResponseBody(byteBuffer: file.bytes))
    }
}
