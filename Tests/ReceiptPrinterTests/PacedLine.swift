import Bench
import Line
import LineShim

@testable import ReceiptPrinter

/// A tty as n_tty is: it takes a frame whole once fewer than 256 bytes wait, and says TIMEOUT until then; the printer gets `bytesPerSecond`. Time passes
/// in its calls only, as much as their deadlines allow, so that a test neither waits nor depends on the machine.
final class PacedLine: SwiftLine {
    private static let wakeup = 256
    private let bytesPerSecond: Int
    /// Milliseconds for which the printer takes nothing when a cut has come onto a full line, the last rows before it.
    private let pause: Int
    private var printer = ReceiptPrinterCore()
    private var queue: [UInt8] = []
    private var answers: [UInt8] = []
    private var paused = 0
    /// Thousandths of a byte that the printer has had time for beyond whole bytes.
    private var spare = 0
    /// Milliseconds that have passed.
    private(set) var elapsed = 0
    /// The longest time without a frame taken, milliseconds.
    private(set) var longestRefusal = 0
    private var refusal = 0
    /// Called when a frame isn't taken while the printer pauses.
    var whenPaused: () -> Void = {}

    init(baud: Int, pause: Int = 0) {
        // A start bit, eight bits and a stop bit.
        bytesPerSecond = baud / 10
        self.pause = pause
    }

    var receipts: [ReceiptPrinterCore.Receipt] { printer.receipts }

    func open(deadline: Int32) -> Int32 { 0 }

    func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 {
        var left = deadline
        while queue.count >= Self.wakeup, left > 0 {
            pass()
            refusal += 1
            left -= 1
        }
        guard queue.count < Self.wakeup else {
            if paused > 0 { whenPaused() }
            return Int32(KIOSK_LINE_TIMEOUT)
        }
        longestRefusal = max(longestRefusal, refusal)
        refusal = 0
        queue += bytes
        if Array(bytes) == EscPos.cut, queue.count >= Self.wakeup { paused = pause }
        return 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        var left = deadline
        while answers.isEmpty, left > 0 {
            pass()
            left -= 1
        }
        let some = Array(answers.prefix(buffer.count))
        buffer.copyBytes(from: some)
        answers.removeFirst(some.count)
        return some.isEmpty ? Int32(KIOSK_LINE_TIMEOUT) : Int32(some.count)
    }

    /// What it holds goes on to be printed, as after a test's driver is done.
    func drain() {
        paused = 0
        while !queue.isEmpty { pass() }
    }

    func close() {
        // As kiosk_line's port does.
        queue = []
    }

    /// A millisecond.
    private func pass() {
        elapsed += 1
        guard paused == 0 else { return paused -= 1 }
        spare += bytesPerSecond
        while spare >= 1000, !queue.isEmpty {
            spare -= 1000
            answers += printer.receive([queue.removeFirst()])
        }
        spare %= 1000
    }
}
