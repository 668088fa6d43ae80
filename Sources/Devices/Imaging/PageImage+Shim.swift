internal import DeviceLink
internal import ImagingShim
internal import KioskModel

extension PageImage {
    /// Throws `scanAgain` unless the numbers are sane and the file holds as many bytes as they say.
    /// `byteCount` isn't used: it traps on overflow.
    func check(against file: MemoryFile) throws {
        let (needed, overflow) = bytesPerRow.multipliedReportingOverflow(by: height)
        guard !overflow, needed > 0, file.byteCount >= needed else {
            throw CitizenRemedy.scanAgain
        }
        _ = try withShimPage(file) { raw in
            try ImagingCode.check(Int(kiosk_imaging_check(raw)), "page \(index)")
        }
    }

    /// The page as the shim takes it, its file mapped read-only for the length of the call.
    func withShimPage<Result>(_ file: MemoryFile, _ body: (UnsafePointer<kiosk_page>) throws -> Result) throws -> Result {
        try file.withBytes { bytes in
            var raw = kiosk_page()
            raw.pixels = bytes.bindMemory(to: UInt8.self).baseAddress
            raw.length = bytes.count
            raw.format = format == .gray8 ? KIOSK_IMAGING_GRAY8 : KIOSK_IMAGING_RGB24
            raw.width = Int64(width)
            raw.height = Int64(height)
            raw.stride = Int64(bytesPerRow)
            raw.resolution = Int64(resolution)
            return try withUnsafePointer(to: raw, body)
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The start as the shim takes it. A buffer without one would be a file without capacity.
    var bytes: UnsafeMutablePointer<UInt8> {
        get throws {
            guard let start = bindMemory(to: UInt8.self).baseAddress else {
                throw ImagingCode.fault(KIOSK_IMAGING_TOO_LARGE.rawValue, "output")
            }
            return start
        }
    }
}
