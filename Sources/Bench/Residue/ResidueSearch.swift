public import Foundation

/// One place where something was found that must not be there.
public struct ResidueHit: Sendable, Hashable, CustomStringConvertible {
    /// Where: a file, `(deleted)` added when it was gone; a file name that is itself a hit is not shown.
    public var path: String
    /// What, without its value: `number, UTF-8`.
    public var kind: String
    /// bytes from the beginning of the file, or of all that was written to it
    public var offset: Int

    public var description: String { "\(path) at \(offset): \(kind)" }
}

/// Looks for needles in what was written, in what lies on disk at the end, in file names and in logs.
public struct ResidueSearch: Sendable {
    public var needles: [Needle]
    /// Directories in which documents may lie: the printer's spool holds the receipt. Personal values are looked for there too.
    public var receiptDirectories: [String]

    public init(needles: [Needle], receiptDirectories: [String] = []) {
        self.needles = needles
        self.receiptDirectories = receiptDirectories
    }

    /// All hits, one for each needle's kind and file (the first offset).
    ///
    /// - Parameter ledger: what the traced processes wrote
    /// - Parameter directories: searched with everything below them
    /// - Parameter logs: name and content of what processes printed
    public func hits(ledger: WriteLedger, directories: [URL], logs: [(name: String, bytes: [UInt8])] = []) -> [ResidueHit] {
        let content = ledger.snapshot
        var hits: [ResidueHit] = []
        for (path, file) in content.files.sorted(by: { $0.key < $1.key }) {
            hits += search(file.bytes, path: path, starts: file.starts).map { hit in
                var hit = hit
                if file.deleted { hit.path += " (deleted)" }
                return hit
            }
        }
        let names = content.names.union(content.files.keys)
        hits += names.sorted().flatMap(searchName)

        var files = Set(directories.flatMap(Self.files(below:)))
        for path in content.mapped.union(content.unseen) {
            let captured = content.captured[path]
            if let captured { hits += search(captured, path: path, starts: [0]) }
            if let place = Self.present(path, renames: content.renames) {
                files.insert(place)
            } else if captured == nil {
                // The kernel wrote to it, the file is gone: nobody can say what was in it, and that is a miss.
                hits.append(ResidueHit(path: path, kind: "written unseen and removed", offset: 0))
            }
        }
        for path in files.sorted() {
            hits += searchName(path)
            if let bytes = FileManager.default.contents(atPath: path) { hits += search(Array(bytes), path: path, starts: [0]) }
        }
        for log in logs { hits += search(log.bytes, path: "log of \(log.name)", starts: [0]) }
        if content.overflowed { hits.append(ResidueHit(path: "ledger", kind: "full: some writes were not searched", offset: 0)) }

        var seen: Set<String> = []
        return hits.filter { seen.insert("\($0.path)\n\($0.kind)").inserted }
    }

    /// - Parameter starts: where a write or file begins within `bytes`
    func search(_ bytes: [UInt8], path: String, starts: [Int]) -> [ResidueHit] {
        let mayHoldDocuments = receiptDirectories.contains { path.hasPrefix($0) }
        return needles.compactMap { needle in
            if needle.isHeader && mayHoldDocuments { return nil }
            let place: Int?
            switch needle.boundary {
            case .none: place = ByteSearch.firstIndex(of: needle.bytes, in: bytes)
            case .start: place = starts.first { bytes.dropFirst($0).starts(with: needle.bytes) }
            case .digits: place = ByteSearch.indices(of: needle.bytes, in: bytes).first { !isInsideDigits($0, needle.bytes.count, bytes) }
            }
            return place.map { ResidueHit(path: path, kind: needle.kind, offset: $0) }
        }
    }

    private func searchName(_ path: String) -> [ResidueHit] {
        let bytes = Array(path.utf8)
        return needles.filter { !$0.isHeader }.compactMap { needle in
            guard let place = ByteSearch.firstIndex(of: needle.bytes, in: bytes) else { return nil }
            if needle.boundary == .digits && isInsideDigits(place, needle.bytes.count, bytes) { return nil }
            let parent = bytes[..<place].lastIndex(of: UInt8(ascii: "/")) ?? 0
            return ResidueHit(path: "a name in \(String(decoding: bytes[..<parent], as: UTF8.self))/", kind: needle.kind, offset: place)
        }
    }

    private func isInsideDigits(_ start: Int, _ length: Int, _ bytes: [UInt8]) -> Bool {
        func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && (0x30...0x39).contains(bytes[index]) }
        return isDigit(start - 1) || isDigit(start + length)
    }

    /// Where a file lies now, under the name it was given last; nil when it is gone.
    private static func present(_ path: String, renames: [String: String]) -> String? {
        var path = path
        for _ in 0...renames.count {
            if FileManager.default.fileExists(atPath: path) { return path }
            guard let next = renames[path] else { return nil }
            path = next
        }
        return nil
    }

    private static func files(below directory: URL) -> [String] {
        guard let walk = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: [.isRegularFileKey]) else { return [] }
        return walk.compactMap { entry in
            guard let url = entry as? URL, (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true else { return nil }
            return url.path
        }
    }
}
