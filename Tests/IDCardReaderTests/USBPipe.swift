import IDCardReaderShim
import LineShim

@testable import IDCardReader

/// A `kiosk_usb_pipe` in Swift. Results are 0 or the shim's codes.
protocol USBPipe: AnyObject {
    func open(_ layout: inout kiosk_usb_layout) -> Int32
    func transfer(_ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, moved: inout Int, timeout: Int32) -> Int32
    func close()
}

/// Opens the shim's reader over `pipe`, which lives until the reader is closed.
func openReader(over pipe: any USBPipe) throws(ReaderFailure) -> OpaquePointer {
    var functions = kiosk_usb_pipe(
        context: Unmanaged.passRetained(PipeBox(pipe)).toOpaque(),
        open: { context, layout, _ in PipeBox.of(context).open(&layout.pointee) },
        transfer: { context, endpoint, bytes, count, moved, timeout in
            moved.pointee = 0
            let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: count)
            return PipeBox.of(context).transfer(endpoint, buffer, moved: &moved.pointee, timeout: timeout)
        },
        close: { context in
            PipeBox.of(context).close()
            if let context { Unmanaged<PipeBox>.fromOpaque(context).release() }
        })
    var line = kiosk_line()
    var opened: OpaquePointer?
    var result = kiosk_usb_line_over(&functions, &line)
    if result == 0 { result = kiosk_reader_open(&line, 1000, &opened) }
    guard result == 0, let opened else { throw ReaderFailure(code: result) }
    return opened
}

private final class PipeBox {
    private let pipe: any USBPipe

    init(_ pipe: any USBPipe) { self.pipe = pipe }

    static func of(_ context: UnsafeMutableRawPointer?) -> any USBPipe {
        Unmanaged<PipeBox>.fromOpaque(context!).takeUnretainedValue().pipe
    }
}
