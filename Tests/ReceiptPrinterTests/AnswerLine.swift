import Line
import LineShim
import Synchronization

/// A line that takes everything, and from which comes what a test says.
final class AnswerLine: SwiftLine {
    final class Answers: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }

        fileprivate func take(_ count: Int) -> [UInt8] {
            bytes.withLock { bytes in
                defer { bytes.removeFirst(min(count, bytes.count)) }
                return Array(bytes.prefix(count))
            }
        }
    }

    private let answers: Answers

    init(_ answers: Answers) {
        self.answers = answers
    }

    func open(deadline: Int32) -> Int32 { 0 }

    func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 { 0 }

    func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        let some = answers.take(buffer.count)
        buffer.copyBytes(from: some)
        return some.isEmpty ? Int32(KIOSK_LINE_TIMEOUT) : Int32(some.count)
    }

    func close() {}
}
