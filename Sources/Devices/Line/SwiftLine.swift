public import LineShim

/// A `kiosk_line` made in Swift: what records or replays a conversation. Results are 0, counts, or the line's negative codes.
public protocol SwiftLine: AnyObject {
    /// `deadline` in milliseconds from now, here and below.
    func open(deadline: Int32) -> Int32
    /// Writes all of `bytes`, one whole frame.
    func write(_ bytes: UnsafeRawBufferPointer, deadline: Int32) -> Int32
    /// Reads 1…count bytes into `buffer`, which isn't empty.
    func read(into buffer: UnsafeMutableRawBufferPointer, deadline: Int32) -> Int32
    /// Called exactly once; nothing is called after it.
    func close()
}

extension kiosk_line {
    /// Holds `line` until it is closed.
    public init(over line: any SwiftLine) {
        self.init(
            context: Unmanaged.passRetained(Box(line)).toOpaque(),
            open: { context, deadline in Box.of(context)?.open(deadline: deadline) ?? Int32(KIOSK_LINE_IO) },
            write: { context, bytes, count, deadline in
                Box.of(context)?.write(UnsafeRawBufferPointer(start: bytes, count: count), deadline: deadline) ?? Int32(KIOSK_LINE_IO)
            },
            read: { context, bytes, capacity, deadline in
                Box.of(context)?.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: capacity), deadline: deadline)
                    ?? Int32(KIOSK_LINE_IO)
            },
            close: { context in
                guard let context else { return }
                let box = Unmanaged<Box>.fromOpaque(context).takeRetainedValue()
                box.line.close()
            })
    }
}

private final class Box {
    let line: any SwiftLine

    init(_ line: any SwiftLine) {
        self.line = line
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> (any SwiftLine)? {
        context.map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().line }
    }
}
