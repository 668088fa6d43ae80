internal import DeviceLink
internal import ImagingShim
internal import KioskModel

extension ImagingDriver {
    func assess(_ page: PageImage, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        let file = try Self.only(files, "assessment")
        try page.check(against: file)
        let measured = try page.withShimPage(file) { raw in
            var measured = kiosk_quality()
            let code = context.withStop { kiosk_imaging_quality(raw, $0, &measured) }
            _ = try context.outcome(Int(code), "page \(page.index)")
            return measured
        }
        return DeviceReply(.quality(PageJudgement.quality(measured)))
    }

    /// Straightened pages are no larger than the picture they were cut from, give or take the corners.
    private static let straightenedCapacity = 256 << 20

    func straighten(_ request: StraightenRequest, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard (20...1000).contains(request.longSide) else { throw DeviceFault.badRequest("No page is \(request.longSide) mm long.") }
        let picture = try Self.only(files, "picture")
        let format = request.mode == .gray ? KIOSK_IMAGING_GRAY8 : KIOSK_IMAGING_RGB24
        var page = kiosk_page()
        let file = try MemoryFile.make(capacity: Self.straightenedCapacity) { buffer in
            let out = try buffer.bytes
            return try picture.withBytes { jpeg in
                guard let start = jpeg.bindMemory(to: UInt8.self).baseAddress else { throw CitizenRemedy.scanAgain }
                let bytes = context.withStop {
                    kiosk_imaging_straighten(start, jpeg.count, Int32(request.longSide), format, $0, &page, out, buffer.count)
                }
                return try context.outcome(bytes, "picture")
            }
        }
        let image = PageImage(
            index: 0, format: request.mode == .gray ? .gray8 : .rgb24, width: Int(page.width), height: Int(page.height),
            bytesPerRow: Int(page.stride), resolution: Int(page.resolution))
        return DeviceReply(.page(image), files: [file])
    }

    func raster(_ content: ReceiptContent, width: Int) throws -> DeviceReply {
        guard width % 8 == 0, (Int(KIOSK_IMAGING_MIN_RASTER)...Int(KIOSK_IMAGING_MAX_RASTER)).contains(width) else {
            let widths = "a multiple of 8 from \(KIOSK_IMAGING_MIN_RASTER) to \(KIOSK_IMAGING_MAX_RASTER)"
            throw DeviceFault(code: "imaging.bad-width", action: .configure, detail: "A receipt is \(widths) dots wide, not \(width).")
        }
        let file = try MemoryFile.make(capacity: width / 8 * Int(KIOSK_IMAGING_MAX_RASTER_HEIGHT)) { buffer in
            let out = try buffer.bytes
            return try content.withShimReceipt { raw in
                try ImagingCode.check(kiosk_imaging_receipt_raster(raw, Int32(width), out, buffer.count), "receipt")
            }
        }
        return DeviceReply(.raster(RasterImage(width: width, height: file.byteCount / (width / 8))), files: [file])
    }

    private static func only(_ files: [MemoryFile], _ subject: String) throws -> MemoryFile {
        guard files.count == 1 else { throw DeviceFault.badRequest("The \(subject) takes one file, and \(files.count) came.") }
        return files[0]
    }
}
