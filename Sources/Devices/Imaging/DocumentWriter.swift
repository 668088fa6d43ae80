internal import DeviceLink
internal import ImagingShim
internal import KioskModel

/// The shim's PDF under construction, written straight into the output's mapping: memory holds the growing PDF and one page's JPEG.
struct DocumentWriter: ~Copyable {
    private let handle: OpaquePointer

    /// `buffer` must outlive the writer.
    init(title: String, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard let handle = kiosk_pdf_open(title, try buffer.bytes, buffer.count) else {
            throw ImagingCode.fault(KIOSK_IMAGING_NO_MEMORY.rawValue, "document")
        }
        self.handle = handle
    }

    deinit {
        kiosk_pdf_close(handle)
    }

    borrowing func add(_ page: PageImage, _ file: MemoryFile, quality: Int32) throws {
        let pdf = handle
        _ = try page.withShimPage(file) { raw in
            try ImagingCode.check(Int(kiosk_pdf_add(pdf, raw, quality)), "page \(page.index)")
        }
    }

    /// Bytes of the whole document.
    borrowing func finish() throws -> Int {
        try ImagingCode.check(kiosk_pdf_finish(handle), "document")
    }
}
