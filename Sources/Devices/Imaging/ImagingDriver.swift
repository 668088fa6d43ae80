public import DeviceLink
internal import ImagingShim
public import KioskModel

/// The imaging worker: pages to PDF, previews, their quality, a camera's page straightened, receipts. A "device" without hardware, so that a picture that breaks a decoder
/// ends this process and nothing else. Every file that comes in may lie about itself; none goes to disk.
public final class ImagingDriver: DeviceDriver {
    /// 85 keeps 8-point characters of a 200 dpi page clean at about a tenth of the raw size.
    static let documentQuality: Int32 = 85
    static let previewQuality: Int32 = 75
    /// bytes; a preview or receipt beyond it has gone wrong.
    static let smallFileCapacity = 16 << 20
    /// bytes; above any sensible `DocumentRequest.maxBytes`.
    static let largestDocument = 1 << 30

    /// No option is known yet; an unknown one is a mistake in the launcher's configuration.
    public init(options: [String: String]) throws {
        if let unknown = options.keys.sorted().first {
            throw DeviceFault(code: "imaging.bad-option", action: .configure, detail: "The imaging worker has no option \(unknown).")
        }
    }

    public func poll() -> DeviceStatus {
        DeviceStatus(state: .ready)
    }

    /// `.assemblePDF`, `.renderPreview`, `.assessPage`, `.straightenPicture`, `.renderReceipt` and `.renderReceiptRaster`.
    /// Remedies of a page or picture: `layPageInView`, `scanAgain`. Faults: `imaging.bad-request`, `imaging.document-too-large`, `imaging.receipt-too-long`,
    /// `imaging.bad-width`, `imaging.no-memory`, `imaging.library`, `imaging.unsupported`.
    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        try context.checkCancelled()
        return switch command {
        case .assemblePDF(let request): try assemble(request, files: files, context: context)
        case .renderPreview(let page, let maxWidth): try preview(page, maxWidth: maxWidth, files: files)
        case .assessPage(let page): try assess(page, files: files, context: context)
        case .straightenPicture(let request): try straighten(request, files: files, context: context)
        case .renderReceipt(let content): try receipt(content)
        case .renderReceiptRaster(let content, let width): try raster(content, width: width)
        default: throw DeviceFault(code: "imaging.unsupported", action: .configure, detail: "A device's command was sent to the imaging worker.")
        }
    }

    private func assemble(_ request: DocumentRequest, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard !request.pages.isEmpty, request.pages.count == files.count else {
            throw DeviceFault.badRequest("\(request.pages.count) pages were announced and \(files.count) files came.")
        }
        guard (1...Self.largestDocument).contains(request.maxBytes) else {
            throw DeviceFault(code: "imaging.document-too-large", action: .configure, detail: "A limit of \(request.maxBytes) bytes can't be kept.")
        }
        // All of them before the first is compressed: a bad batch costs no work.
        for (page, file) in zip(request.pages, files) { try page.check(against: file) }
        let document = try MemoryFile.make(capacity: request.maxBytes) { buffer in
            do {
                let writer = try DocumentWriter(title: request.title, into: buffer)
                for (done, (page, file)) in zip(request.pages, files).enumerated() {
                    try context.checkCancelled()
                    try writer.add(page, file, quality: Self.documentQuality)
                    try context.report(.fraction(Double(done + 1) / Double(files.count)))
                }
                try context.checkCancelled()
                return try writer.finish()
            } catch let fault as DeviceFault where fault.code == "imaging.document-too-large" {
                throw DeviceFault(
                    code: fault.code, action: fault.action, detail: "\(files.count) pages don't fit into the \(request.maxBytes) bytes allowed.")
            }
        }
        return .document(document, mediaType: "application/pdf", pages: files.count)
    }

    private func preview(_ page: PageImage, maxWidth: Int, files: [MemoryFile]) throws -> DeviceReply {
        guard files.count == 1, (1...Int(KIOSK_IMAGING_MAX_SIDE)).contains(maxWidth) else {
            throw DeviceFault.badRequest("A preview takes one file and a width of 1 to \(KIOSK_IMAGING_MAX_SIDE) pixels.")
        }
        try page.check(against: files[0])
        let picture = try MemoryFile.make(capacity: Self.smallFileCapacity) { buffer in
            let out = try buffer.bytes
            return try page.withShimPage(files[0]) { raw in
                try ImagingCode.check(kiosk_imaging_preview(raw, Int32(maxWidth), Self.previewQuality, out, buffer.count), "preview")
            }
        }
        return .document(picture, mediaType: "image/jpeg", pages: 1)
    }

    private func receipt(_ content: ReceiptContent) throws -> DeviceReply {
        let sheet = try MemoryFile.make(capacity: Self.smallFileCapacity) { buffer in
            let out = try buffer.bytes
            return try content.withShimReceipt { raw in
                try ImagingCode.check(kiosk_imaging_receipt(raw, out, buffer.count), "receipt")
            }
        }
        return .document(sheet, mediaType: "application/pdf", pages: 1)
    }
}

extension DeviceReply {
    fileprivate static func document(_ file: MemoryFile, mediaType: String, pages: Int) -> DeviceReply {
        DeviceReply(.document(DocumentInfo(mediaType: mediaType, byteCount: file.byteCount, pageCount: pages)), files: [file])
    }
}
