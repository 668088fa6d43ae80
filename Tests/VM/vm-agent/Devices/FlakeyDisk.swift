import Foundation

/// An ext4 of its own on the data disk, behind device-mapper, which can make every write fail (dm-flakey's `error_writes`) or say done and forget it
/// (`drop_writes`): what the disk then holds is what it held at that moment, as after a power cut.
actor FlakeyDisk: VMDevice {
    private enum Table: String {
        case whole = "linear /dev/vdc 0"
        case fails = "flakey /dev/vdc 0 0 3600 1 error_writes"
        case drops = "flakey /dev/vdc 0 0 3600 1 drop_writes"
    }

    private static let mapping = "kiosk-data"
    private static let device = "/dev/mapper/kiosk-data"
    private let folder: String
    private var sectors = ""
    private var isMapped = false
    private var isMounted = false

    init(_ options: [String: String], _ place: VMPlace) throws {
        guard options.isEmpty else { throw DeviceTrouble("a flakey disk takes no options") }
        folder = place.scratch.appending(path: "disk").path
    }

    /// Makes the file system the first time; later it finds what it left.
    func plug(within deadline: Duration) async throws {
        guard !isMounted else { return }
        if sectors.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await KernelModule.load("dm-flakey")
            try await SystemCommand.run("/sbin/mke2fs", ["-q", "-F", "-t", "ext4", "/dev/vdc"])
            sectors = try await SystemCommand.run("/sbin/blockdev", ["--getsz", "/dev/vdc"])
        }
        try await SystemCommand.run(
            "/sbin/dmsetup", ["create", Self.mapping, "--table", "0 \(sectors) \(Table.whole.rawValue)"])
        isMapped = true
        try await SystemCommand.run("/usr/bin/mount", ["-t", "ext4", Self.device, folder])
        isMounted = true
    }

    /// Unmounts and forgets everything in memory. What dm-flakey was told to drop stays dropped.
    func unplug(within deadline: Duration) async throws {
        if isMounted { try await SystemCommand.run("/usr/bin/umount", [folder]) }
        isMounted = false
        if isMapped { try await SystemCommand.run("/sbin/dmsetup", ["remove", "--retry", Self.mapping]) }
        isMapped = false
        try Data("3\n".utf8).write(to: URL(filePath: "/proc/sys/vm/drop_caches"))
    }

    var isPlugged: Bool { isMounted }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "path": return folder
        case "fail": try await load(.fails)
        case "drop": try await load(.drops)
        case "restart":
            try await unplug(within: deadline)
            try await plug(within: deadline)
        default: throw DeviceTrouble("a flakey disk can't `\(verb)`; it can `path`, `fail`, `drop` and `restart`")
        }
        return "done"
    }

    /// From one write to the next: neither the file system nor what is under way is flushed before.
    private func load(_ table: Table) async throws {
        try await SystemCommand.run("/sbin/dmsetup", ["load", Self.mapping, "--table", "0 \(sectors) \(table.rawValue)"])
        try await SystemCommand.run("/sbin/dmsetup", ["suspend", "--noflush", "--nolockfs", Self.mapping])
        try await SystemCommand.run("/sbin/dmsetup", ["resume", Self.mapping])
    }

    func end() async {
        try? await unplug(within: ScenarioParser.deadline)
    }
}
