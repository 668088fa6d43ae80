import Foundation
import Glibc

extension BenchProcess {
    /// One row of the process table.
    struct Entry {
        var pid: pid_t
        /// The whole command line, program first.
        var arguments: [String]
    }

    /// Running children of this process whose program has that name.
    static func children(named name: String) -> [Entry] {
        all().filter { entry in
            guard let program = entry.arguments.first, (program as NSString).lastPathComponent == name else { return false }
            return status(of: entry.pid, "PPid") == "\(getpid())"
        }
    }

    /// Every process whose command line can be read.
    static func all() -> [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(pid_t.init).compactMap { pid in
            guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"), !line.isEmpty else { return nil }
            return Entry(pid: pid, arguments: line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        }
    }

    static func isTraced(_ pid: pid_t) -> Bool {
        status(of: pid, "TracerPid").map { $0 != "0" } ?? false
    }

    /// Whether a signal has stopped it.
    static func isStopped(_ pid: pid_t) -> Bool {
        status(of: pid, "State").map { $0.hasPrefix("T") || $0.hasPrefix("t") } ?? false
    }

    private static func status(of pid: pid_t, _ field: String) -> String? {
        guard let text = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { return nil }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix(field + ":") {
            return line.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces)
        }
        return nil
    }
}
