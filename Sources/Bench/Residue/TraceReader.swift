import Foundation
import Glibc

/// Reads a trace as it is written and enters it in the ledger; nothing of it is kept on disk.
public struct TraceReader {
    private var line: [UInt8] = []
    private var skipping = false
    private let ledger: WriteLedger
    /// Longer than any call's name and path, escaped.
    private static let prefixLength = 20_000

    public init(ledger: WriteLedger) {
        self.ledger = ledger
    }

    /// Takes the next bytes of the trace; lines may be cut anywhere.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            guard let found = memchr(base, 0x0A, rest.count) else {
                take(rest)
                return
            }
            let length = UnsafeRawPointer(found) - base
            take(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            end()
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
        }
    }

    /// The trace has ended; a last line without its end counts.
    public mutating func finish() {
        end()
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard !skipping else { return }
        let wasShort = line.count < Self.prefixLength
        line.append(contentsOf: bytes)
        // Pages travel through memory files: megabytes of trace that are none of our business.
        if wasShort, line.count >= Self.prefixLength, TraceEvent.isUninteresting(prefix: Array(line.prefix(Self.prefixLength))) {
            skipping = true
            line.removeAll(keepingCapacity: true)
        }
    }

    private mutating func end() {
        if !skipping, let event = TraceEvent(line: line) { ledger.record(event) }
        skipping = false
        line.removeAll(keepingCapacity: true)
    }
}
