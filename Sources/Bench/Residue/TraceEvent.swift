/// One system call of a traced process that can leave something behind, as a line of `strace -f -y -xx` tells it.
public enum TraceEvent: Sendable, Equatable {
    /// Bytes handed to a regular file. `deleted` when the file had no name any more.
    case write(path: String, bytes: [UInt8], deleted: Bool)
    /// A shared writable mapping of a regular file: its stores can't be seen, so that the file is searched at the end.
    case mapping(path: String)
    /// Bytes that went into a regular file without being shown to the tracer (sendfile, splice, copy_file_range, a write longer than the tracer
    /// prints), or to something that nobody can search: the system's log, an io_uring.
    case unseen(path: String)
    /// A name was given to a file or directory.
    case name(String)
    /// A file got another name; what was written to it before is found there.
    case renamed(from: String, to: String)

    /// The system calls that `strace` is asked for. Everything that writes to a file or names one is among them.
    public static let systemCalls = [
        "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range", "splice", "mmap", "open", "openat", "openat2", "creat",
        "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mkdir", "mkdirat", "mknod", "mknodat", "setxattr", "fsetxattr",
        "lsetxattr", "connect", "io_uring_setup",
    ]

    /// Nil for a line that can't leave anything on a disk: a read-only open, a socket, a pipe, a memory file, a device.
    public init?(line: some RandomAccessCollection<UInt8>) {
        let line = Array(line)
        guard let opening = line.firstIndex(of: UInt8(ascii: "(")) else { return nil }
        let head = line[..<opening]
        let start = head.lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? 0
        // `<... write resumed>` carries no argument that its first half hadn't.
        guard head[start...].first != UInt8(ascii: "<") else { return nil }
        let call = String(decoding: head[start...], as: UTF8.self)
        let arguments = line[(opening + 1)...]
        switch call {
        case "write", "pwrite64", "writev", "pwritev", "pwritev2":
            guard let file = TracedFile(first: arguments) else { return nil }
            // The tracer marks a string that it cut.
            self =
                Self.contains(arguments, "\"...")
                ? .unseen(path: file.path)
                : .write(path: file.path, bytes: Self.strings(in: arguments).flatMap(\.self), deleted: file.deleted)
        case "mmap":
            guard Self.contains(arguments, "PROT_WRITE"), Self.contains(arguments, "MAP_SHARED"), let file = TracedFile(first: arguments) else {
                return nil
            }
            self = .mapping(path: file.path)
        case "sendfile":
            guard let file = TracedFile(first: arguments) else { return nil }
            self = .unseen(path: file.path)
        case "splice", "copy_file_range":
            guard let file = TracedFile(last: arguments) else { return nil }
            self = .unseen(path: file.path)
        case "connect":
            // What syslog or the journal is told lies on its disk, not on ours.
            guard Self.contains(arguments, "AF_UNIX"), let name = Self.strings(in: arguments).first else { return nil }
            let path = String(decoding: name, as: UTF8.self)
            guard path == "/dev/log" || path.hasPrefix("/run/systemd/journal/") else { return nil }
            self = .unseen(path: "the system's log, \(path)")
        case "io_uring_setup":
            self = .unseen(path: "an io_uring")
        case "symlink", "symlinkat":
            let names = Self.strings(in: arguments)
            guard !names.isEmpty else { return nil }
            // A link's target is text of the program's choosing too.
            self = .name(names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
        case "setxattr", "fsetxattr", "lsetxattr":
            self = .write(path: "extended attribute", bytes: Self.strings(in: arguments).flatMap(\.self), deleted: false)
        case "open", "openat", "openat2":
            guard Self.contains(arguments, "O_CREAT"), let name = Self.strings(in: arguments).first else { return nil }
            self = .name(String(decoding: name, as: UTF8.self))
        case "rename", "renameat", "renameat2":
            let names = Self.strings(in: arguments)
            guard names.count == 2 else { return nil }
            // Each directory argument comes before its name; `rename` has none, and then the names are taken as they stand.
            let directories = [TracedFile(first: arguments)?.path, TracedFile(last: arguments)?.path]
            let paths = zip(directories, names).map { Self.path(String(decoding: $1, as: UTF8.self), in: $0) }
            self = .renamed(from: paths[0], to: paths[1])
        default:
            guard let name = Self.strings(in: arguments).last else { return nil }
            self = .name(String(decoding: name, as: UTF8.self))
        }
    }

    /// Whether the beginning of a line already tells that the rest of it can be thrown away: a write to something that is no regular file.
    static func isUninteresting(prefix: [UInt8]) -> Bool {
        guard let opening = prefix.firstIndex(of: UInt8(ascii: "(")) else { return false }
        let head = prefix[..<opening]
        let isWrite = head.ends(with: "write") || head.ends(with: "writev") || head.ends(with: "pwrite64")
        guard isWrite, prefix.firstIndex(of: UInt8(ascii: ">")) != nil else { return false }
        return TracedFile(first: prefix[(opening + 1)...]) == nil
    }

    /// Every `"…"` argument, decoded; strace was told to print each byte as `\xhh`.
    private static func strings(in text: ArraySlice<UInt8>) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var rest = text
        while let opening = rest.firstIndex(of: UInt8(ascii: "\"")) {
            let content = rest[(opening + 1)...]
            guard let closing = content.firstIndex(of: UInt8(ascii: "\"")) else { break }
            result.append(HexEscapes.decode(content[..<closing]))
            rest = content[(closing + 1)...]
        }
        return result
    }

    private static func path(_ name: String, in directory: String?) -> String {
        name.hasPrefix("/") ? name : (directory.map { $0 + "/" } ?? "") + name
    }

    private static func contains(_ text: ArraySlice<UInt8>, _ word: String) -> Bool {
        ByteSearch.firstIndex(of: Array(word.utf8), in: Array(text)) != nil
    }
}

/// A file descriptor argument with the path that `strace -y` adds: `5<\x2f\x74…>(deleted)`. Only regular files are told apart from nothing.
struct TracedFile: Equatable {
    var path: String
    var deleted: Bool

    init?(first arguments: ArraySlice<UInt8>) {
        guard let opening = arguments.firstIndex(of: UInt8(ascii: "<")) else { return nil }
        self.init(at: opening, in: arguments)
    }

    init?(last arguments: ArraySlice<UInt8>) {
        guard let opening = arguments.lastIndex(of: UInt8(ascii: "<")) else { return nil }
        self.init(at: opening, in: arguments)
    }

    private init?(at opening: Int, in arguments: ArraySlice<UInt8>) {
        let content = arguments[(opening + 1)...]
        guard let closing = content.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let path = String(decoding: HexEscapes.decode(content[..<closing]), as: UTF8.self)
        let isDevice = path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/")
        let isKernel = path.hasPrefix("/proc/") || path.hasPrefix("/sys/") || path.hasPrefix("/memfd:")
        guard path.hasPrefix("/"), !isDevice, !isKernel else { return nil }
        self.path = path
        deleted = arguments[(closing + 1)...].starts(with: "(deleted)".utf8)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with word: String) -> Bool { suffix(word.utf8.count).elementsEqual(word.utf8) }
}
