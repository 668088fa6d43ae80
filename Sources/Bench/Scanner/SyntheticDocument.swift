internal import CPangoCairo
internal import CTurboJPEG
public import FoundationEssentials

/// One A4 page of a residence proof (居住证明) for a citizen who doesn't exist, as a scanner would see it. Everything personal on it is handed in.
public struct SyntheticDocument: Sendable {
    /// 居住证明
    public var title: String
    public var name: String
    /// ID number of a synthetic citizen, 18 characters.
    public var number: String
    public var address: String
    /// 1-based
    public var page: Int
    public var pageCount: Int

    public enum Failure: Error, Equatable {
        /// cairo couldn't draw; its status code.
        case drawing(Int32)
    }

    public init(title: String = "居住证明", name: String, number: String, address: String, page: Int = 1, pageCount: Int = 1) {
        self.title = title
        self.name = name
        self.number = number
        self.address = address
        self.page = page
        self.pageCount = pageCount
    }

    /// The page as JPEG, 210 mm × 297 mm at `resolution` dots per inch.
    public func jpeg(resolution: Int = 200) throws -> Data {
        let dotsPerMillimetre = Double(resolution) / 25.4
        let width = Int32((210 * dotsPerMillimetre).rounded()), height = Int32((297 * dotsPerMillimetre).rounded())
        let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)
        defer { cairo_surface_destroy(surface) }
        let cairo = cairo_create(surface)
        defer { cairo_destroy(cairo) }
        // From here on lengths are millimetres.
        cairo_scale(cairo, dotsPerMillimetre, dotsPerMillimetre)
        draw(on: cairo)
        cairo_surface_flush(surface)
        let status = cairo_status(cairo)
        guard status == CAIRO_STATUS_SUCCESS, let bytes = cairo_image_surface_get_data(surface) else { throw Failure.drawing(Int32(status.rawValue)) }
        let stride = Int(cairo_image_surface_get_stride(surface))
        let pixels = UnsafeRawBufferPointer(start: bytes, count: stride * Int(height))
        return try ScannerPicture.encode(pixels, width: Int(width), height: Int(height), bytesPerRow: stride, format: TJPF_BGRX)
    }

    private func draw(on cairo: OpaquePointer?) {
        cairo_set_source_rgb(cairo, 0.985, 0.98, 0.965)
        cairo_paint(cairo)
        cairo_set_source_rgb(cairo, 0.72, 0.1, 0.1)
        cairo_set_line_width(cairo, 0.6)
        cairo_rectangle(cairo, 12, 12, 186, 273)
        cairo_stroke(cairo)
        cairo_set_source_rgb(cairo, 0.1, 0.1, 0.12)
        write(title, size: 10, x: 20, y: 28, width: 170, bold: true, alignment: PANGO_ALIGN_CENTER, on: cairo)
        write("样张 · SPECIMEN", size: 4.5, x: 20, y: 44, width: 170, alignment: PANGO_ALIGN_CENTER, on: cairo)
        for (row, (label, value)) in [("姓名", name), ("公民身份号码", number), ("住址", address)].enumerated() {
            let y = 62 + Double(row) * 21
            write(label, size: 5, x: 24, y: y, width: 45, bold: true, on: cairo)
            write(value, size: 5, x: 72, y: y, width: 114, on: cairo)
            cairo_set_line_width(cairo, 0.2)
            cairo_move_to(cairo, 72, y + 16.5)
            cairo_line_to(cairo, 186, y + 16.5)
            cairo_stroke(cairo)
        }
        let statement = "　　兹证明上述人员在本辖区内居住，情况属实。本证明仅供测试自助终端使用，所列人员、号码及住址均为虚构，不具有任何法律效力。"
        write(statement, size: 5, x: 24, y: 132, width: 162, on: cairo)
        seal(on: cairo)
        write("第 \(page) 页　共 \(pageCount) 页", size: 4, x: 20, y: 270, width: 170, alignment: PANGO_ALIGN_CENTER, on: cairo)
    }

    /// The red round stamp that a proof carries.
    private func seal(on cairo: OpaquePointer?) {
        cairo_set_source_rgb(cairo, 0.82, 0.12, 0.1)
        cairo_set_line_width(cairo, 1.2)
        // Text leaves a current point behind, from which the arc would draw a line.
        cairo_new_path(cairo)
        cairo_arc(cairo, 150, 205, 20, 0, 2 * Double.pi)
        cairo_stroke(cairo)
        write("★", size: 12, x: 130, y: 196, width: 40, alignment: PANGO_ALIGN_CENTER, on: cairo)
        write("测试专用章", size: 4, x: 130, y: 213, width: 40, alignment: PANGO_ALIGN_CENTER, on: cairo)
        cairo_set_source_rgb(cairo, 0.1, 0.1, 0.12)
    }

    /// Text wrapped to `width`; all lengths in millimetres, `size` is the height of the em square.
    private func write(
        _ text: String, size: Double, x: Double, y: Double, width: Double, bold: Bool = false, alignment: PangoAlignment = PANGO_ALIGN_LEFT,
        on cairo: OpaquePointer?
    ) {
        guard let layout = pango_cairo_create_layout(cairo) else { return }
        defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
        let font = pango_font_description_from_string("Noto Sans CJK SC")
        defer { pango_font_description_free(font) }
        pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
        if bold { pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD) }
        pango_layout_set_font_description(layout, font)
        pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        pango_layout_set_alignment(layout, alignment)
        pango_layout_set_text(layout, text, -1)
        cairo_move_to(cairo, x, y)
        pango_cairo_show_layout(cairo, layout)
    }
}
