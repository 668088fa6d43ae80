import Foundation

/// The machine's data disk with the ext4 that the host made on it: what lies there survives the power-off of the machine.
actor DataDisk: VMDevice {
    private let folder: String
    private var isMounted = false

    init(_ options: [String: String], _ place: VMPlace) throws {
        guard options.isEmpty else { throw DeviceTrouble("a disk takes no options") }
        folder = place.scratch.appending(path: "disk").path
    }

    func plug(within deadline: Duration) async throws {
        guard !isMounted else { return }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await SystemCommand.run("/usr/bin/mount", ["-t", "ext4", "/dev/vdc", folder])
        isMounted = true
    }

    func unplug(within deadline: Duration) async throws {
        try await SystemCommand.run("/usr/bin/umount", [folder])
        isMounted = false
    }

    var isPlugged: Bool { isMounted }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        guard verb == "path" else { throw DeviceTrouble("a disk can't `\(verb)`; it can `path`") }
        return folder
    }

    func end() async {
        if isMounted { try? await unplug(within: ScenarioParser.deadline) }
    }
}
