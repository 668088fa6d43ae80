import DeviceLink

/// A command of DeviceLink as a scenario gives it: `readCard`, `openDoor 3`.
struct HostCommand: Equatable {
    var command: DeviceCommand
    /// What the files that travel with it are made of; nil for a command without files.
    var content: FileContent?

    /// Each family of devices reads its own words; the first that knows the name has the say.
    private static let families: [Family] = [
        .cards, .scanner, .imaging, .paper, .keypad, .auxiliaries, .locker, .codeScanner, .receipts, .smartCards, .camera, .recording, .photos,
    ]

    static var names: [String] { families.flatMap(\.names) }

    /// Throws ``DeviceTrouble`` with what to write.
    init(_ words: [String]) throws(DeviceTrouble) {
        guard let name = words.first, let family = Self.families.first(where: { $0.names.contains(name) }) else {
            throw DeviceTrouble("commands are \(Self.names.joined(separator: ", "))")
        }
        self = try family.read(name, Array(words.dropFirst()))
    }

    init(_ command: DeviceCommand, content: FileContent? = nil) {
        self.command = command
        self.content = content
    }

    /// The commands of one family of devices.
    struct Family: Sendable {
        var names: [String]
        /// Makes a command of its name and the words behind it.
        var read: @Sendable (_ name: String, _ arguments: [String]) throws(DeviceTrouble) -> HostCommand
    }
}

/// Synthetic content of the files that a command takes along.
struct FileContent: Equatable, Sendable {
    /// For the messages of a failed comparison.
    var name: String
    var make: @Sendable () throws -> [MemoryFile]

    static func == (left: Self, right: Self) -> Bool { left.name == right.name }
}

extension HostCommand.Family {
    /// `readCard`, `awaitCardRemoval`
    static let cards = HostCommand.Family(names: ["readCard", "awaitCardRemoval"]) { (name, arguments) throws(DeviceTrouble) in
        guard arguments.isEmpty else { throw DeviceTrouble("`\(name)` takes no words") }
        return HostCommand(name == "readCard" ? .readCard(fingerprints: true) : .awaitCardRemoval)
    }
}
