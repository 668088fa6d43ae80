import Foundation

/// `test-decoder`: a photo decoder for synthetic photos. Unplugged, its program isn't installed.
struct PhotoDecoderDevice: VMDevice {
    private let program: String
    private let link: URL

    init(options: [String: String], place: VMPlace) throws {
        guard options.isEmpty else { throw DeviceTrouble("the test decoder has no options") }
        program = place.program("test-photo-decoder")
        link = place.scratch.appending(path: "photo-decoder-\(UUID())")
    }

    var isPlugged: Bool { FileManager.default.fileExists(atPath: link.path) }

    func plug(within deadline: Duration) async throws {
        guard !isPlugged else { return }
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: program)
    }

    func unplug(within deadline: Duration) async throws { try FileManager.default.removeItem(at: link) }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        guard verb == "options" else { throw DeviceTrouble("the test decoder has no verb `\(verb)`; its verb is options") }
        return "decoder=\(link.path)"
    }

    func end() async { try? FileManager.default.removeItem(at: link) }
}
