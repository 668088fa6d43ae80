import Glibc
import Line
import LineShim

/// A printer that is well, and whose answer to the first question comes only after that was asked again. What comes is there a moment after it could
/// have been: a look that doesn't wait sees nothing.
final class LateLine: SwiftLine {
    private var coming: [UInt8] = []
    private var late: UInt8?
    private var isFirst = true
    private(set) var opened = 0

    func open(deadline: Int32) -> Int32 {
        opened += 1
        return 0
    }

    func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32 {
        guard bytes.count == 3, bytes[0] == 0x10, bytes[1] == 0x04 else { return 0 }
        // Bit 2 of n=1 is the pin of the cash drawer; to n=2 it would be an open cover.
        let answer: UInt8 = bytes[2] == 1 ? 0x16 : 0x12
        if isFirst {
            late = answer
            isFirst = false
        } else {
            coming += (late.map { [$0] } ?? []) + [answer]
            late = nil
        }
        return 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32 {
        guard deadline > 0, let next = coming.first else {
            // Silence takes its time, or the driver would spin.
            usleep(UInt32(max(0, deadline)) * 1000)
            return Int32(KIOSK_LINE_TIMEOUT)
        }
        coming.removeFirst()
        buffer.copyBytes(from: [next])
        return 1
    }

    func close() {}
}
