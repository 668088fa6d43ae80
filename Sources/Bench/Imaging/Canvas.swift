internal import CPangoCairo
internal import CTurboJPEG
internal import FoundationEssentials

/// A picture being drawn, and what spoils a picture: all of it cairo's.
final class Canvas {
    private(set) var surface: OpaquePointer?
    private(set) var cairo: OpaquePointer?
    let width: Int
    let height: Int

    init(width: Int, height: Int) throws {
        self.width = width
        self.height = height
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        cairo = cairo_create(surface)
        try check()
    }

    deinit {
        cairo_destroy(cairo)
        cairo_surface_destroy(surface)
    }

    func fill(_ red: Double, _ green: Double, _ blue: Double) {
        cairo_set_source_rgb(cairo, red, green, blue)
        cairo_paint(cairo)
    }

    /// Lays one tone over everything.
    func veil(_ tone: Double, _ alpha: Double) {
        cairo_set_source_rgba(cairo, tone, tone, tone, alpha)
        cairo_paint(cairo)
    }

    /// One tone from there, 0…1, to the bottom.
    func bar(from top: Double, tone: Double) {
        cairo_set_source_rgb(cairo, tone, tone, tone)
        cairo_rectangle(cairo, 0, (top * Double(height)).rounded(), Double(width), Double(height))
        cairo_fill(cairo)
    }

    /// Out of focus: made small and large again. `pixels` is about the deviation.
    func blur(pixels: Double) throws {
        let factor = 2 * pixels
        guard factor > 1 else { return }
        let small = try Canvas(width: Int(Double(width) / factor), height: Int(Double(height) / factor))
        small.paint(surface, scaled: Double(small.width) / Double(width))
        paint(small.surface, scaled: Double(width) / Double(small.width))
        try check()
    }

    private func paint(_ other: OpaquePointer?, scaled scale: Double) {
        cairo_save(cairo)
        cairo_scale(cairo, scale, scale)
        cairo_set_source_surface(cairo, other, 0, 0)
        cairo_pattern_set_filter(cairo_get_source(cairo), scale < 1 ? CAIRO_FILTER_GOOD : CAIRO_FILTER_BILINEAR)
        cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD)
        cairo_paint(cairo)
        cairo_restore(cairo)
    }

    /// The sensor's: some 3 of 255 up and down, the same every time.
    func addNoise() {
        let side = 256
        let tile = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(side), Int32(side))
        defer { cairo_surface_destroy(tile) }
        guard let bytes = cairo_image_surface_get_data(tile) else { return }
        var state: UInt32 = 20_261_121
        for pixel in 0..<side * side {
            state = state &* 1_664_525 &+ 1_013_904_223
            let tone = UInt8(truncatingIfNeeded: state >> 24)
            for channel in 0..<3 { bytes[pixel * 4 + channel] = tone }
        }
        cairo_surface_mark_dirty(tile)
        cairo_set_source_surface(cairo, tile, 0, 0)
        cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_REPEAT)
        cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST)
        cairo_paint_with_alpha(cairo, 0.025)
    }

    func jpeg(quality: Int) throws -> Data {
        cairo_surface_flush(surface)
        try check()
        guard let bytes = cairo_image_surface_get_data(surface) else { throw SyntheticDocument.Failure.drawing(0) }
        let stride = Int(cairo_image_surface_get_stride(surface))
        return try ScannerPicture.encode(
            UnsafeRawBufferPointer(start: bytes, count: stride * height), width: width, height: height, bytesPerRow: stride, format: TJPF_BGRX,
            quality: quality)
    }

    private func check() throws {
        let status = cairo_status(cairo)
        guard status == CAIRO_STATUS_SUCCESS else { throw SyntheticDocument.Failure.drawing(Int32(status.rawValue)) }
    }
}
