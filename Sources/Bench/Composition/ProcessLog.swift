import Foundation
import Synchronization

/// What the bench's processes print: the last lines for the page, and everything for the residue search.
public final class ProcessLog: Sendable {
    private struct Content {
        var recent: [String] = []
        var unfinished: [String: UnfinishedLine] = [:]
        var everything: [String: [UInt8]] = [:]
    }

    private let content = Mutex(Content())
    private let echo: Bool
    /// Lines kept for the page.
    private static let recentLimit = 200
    /// bytes kept of each process
    private static let limit = 64 << 20

    /// - Parameter echo: also print each line to standard error
    public init(echo: Bool = false) {
        self.echo = echo
    }

    func append(_ bytes: UnsafeRawBufferPointer, from name: String) {
        let lines: [String] = content.withLock { content in
            if content.everything[name, default: []].count < Self.limit { content.everything[name, default: []].append(contentsOf: bytes) }
            let lines = content.unfinished[name, default: UnfinishedLine()].finish(with: bytes).map { "\(name): " + $0 }
            content.recent = (content.recent + lines).suffix(Self.recentLimit)
            return lines
        }
        if echo { for line in lines { FileHandle.standardError.write(Data((line + "\n").utf8)) } }
    }

    /// A line of the bench's own.
    public func note(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        bytes.withUnsafeBytes { append($0, from: "bench") }
    }

    /// Oldest first.
    public var recent: [String] { content.withLock { $0.recent } }

    /// All that each process printed.
    public var everything: [(name: String, bytes: [UInt8])] {
        content.withLock { $0.everything.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}
