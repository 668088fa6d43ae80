internal import CPangoCairo

/// Draws what stands on a sheet, in millimetres: flat, or bent into a view from aside, every outline of it.
struct SheetPen {
    let cairo: OpaquePointer?
    var view: Perspective?

    private static let ink = (0.1, 0.1, 0.12)
    /// Says nothing about anybody.
    private static let prose = "申请人应当如实提供有关材料，并对申请材料实质内容的真实性负责。受理机关收到申请后，应当在规定期限内审查，符合条件的，予以办理；不符合条件的，书面说明理由。"

    func draw(_ kind: SyntheticSheet.Kind) {
        switch kind {
        case .dense: drawDense()
        case .form: drawForm()
        case .idCard: drawCards()
        case .photo: drawPhoto()
        case .letter: drawLetter()
        case .blank: drawShadow()
        }
    }

    private func drawDense() {
        write("关于受理条件的说明", size: 6, x: 20, y: 20, width: 170, centred: true)
        for block in 0..<7 {
            write("　　" + String(repeating: Self.prose, count: 3), size: 3.7, x: 20, y: 36 + Double(block) * 34, width: 170)
        }
    }

    private func drawForm() {
        write("业务申请表", size: 7, x: 20, y: 18, width: 170, centred: true)
        let labels = ["申请事项", "办理方式", "联系方式", "送达方式", "申请理由", "材料清单", "受理意见", "审核意见"]
        for row in 0...16 { rectangle(18, 34 + Double(row) * 14, 174, 0.3, tone: Self.ink) }
        for column in 0...4 { rectangle(18 + Double(column) * 43.5, 34, 0.3, 224.3, tone: Self.ink) }
        for row in 0..<16 {
            write(labels[row % labels.count], size: 4, x: 20, y: 38 + Double(row) * 14, width: 40)
            if row % 2 == 0 { write("见附件第 \(row + 1) 项", size: 3.6, x: 64, y: 38 + Double(row) * 14, width: 40) }
        }
    }

    private func drawCards() {
        for (side, top) in [30.0, 110.0].enumerated() {
            rectangle(62, top, 85.6, 54, tone: (0.83, 0.89, 0.93))
            if side == 0 {
                rectangle(118, top + 8, 24, 30, tone: (0.55, 0.5, 0.48))
                rectangle(125, top + 14, 10, 12, tone: (0.85, 0.72, 0.62))
                for row in 0..<4 { write("样本　样本样本", size: 3, x: 68, y: top + 7 + Double(row) * 7, width: 46) }
                write("999999 19900101 0000", size: 3.4, x: 76, y: top + 44, width: 66)
            } else {
                rectangle(68, top + 6, 14, 14, tone: (0.75, 0.2, 0.18))
                write("样本居民证", size: 6, x: 86, y: top + 10, width: 58)
                write("虚构市样例局　2020.01.01-长期", size: 3, x: 80, y: top + 42, width: 64)
            }
        }
    }

    private func drawPhoto() {
        for band in 0..<40 {
            let tone = 0.45 + Double(band) * 0.01
            rectangle(25, 40 + Double(band) * 4, 160, 4.2, tone: (tone * 0.8, tone * 0.9, tone))
        }
        rectangle(25, 160, 160, 60, tone: (0.3, 0.42, 0.25))
        rectangle(60, 110, 70, 70, tone: (0.62, 0.5, 0.42))
        for window in 0..<6 { rectangle(66 + Double(window % 3) * 22, 120 + Double(window / 3) * 26, 12, 14, tone: (0.2, 0.22, 0.28)) }
        rectangle(145, 120, 8, 62, tone: (0.28, 0.2, 0.14))
    }

    private func drawLetter() {
        write("同意上述事项。", size: 4.5, x: 30, y: 60, width: 150)
        write("二〇二六年十一月", size: 4.5, x: 130, y: 90, width: 60)
    }

    /// The other side's print, mirrored and pale.
    private func drawShadow() {
        cairo_save(cairo)
        cairo_translate(cairo, SyntheticSheet.size.width, 0)
        cairo_scale(cairo, -1, 1)
        for block in 0..<6 {
            write(String(repeating: Self.prose, count: 3), size: 3.7, x: 20, y: 30 + Double(block) * 40, width: 170, tone: (0.93, 0.93, 0.92))
        }
        cairo_restore(cairo)
    }

    // MARK: Outlines

    func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, tone: (Double, Double, Double)) {
        cairo_new_path(cairo)
        cairo_rectangle(cairo, x, y, width, height)
        fill(tone)
    }

    private func write(
        _ text: String, size: Double, x: Double, y: Double, width: Double, centred: Bool = false,
        tone: (Double, Double, Double) = Self.ink
    ) {
        guard let layout = pango_cairo_create_layout(cairo) else { return }
        defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
        let font = pango_font_description_from_string("Noto Sans CJK SC")
        defer { pango_font_description_free(font) }
        pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
        pango_layout_set_font_description(layout, font)
        pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        if centred { pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER) }
        pango_layout_set_text(layout, text, -1)
        cairo_new_path(cairo)
        cairo_move_to(cairo, x, y)
        pango_cairo_layout_path(cairo, layout)
        fill(tone)
    }

    /// Fills the path, every point of it moved to where it is seen.
    private func fill(_ tone: (Double, Double, Double)) {
        if let view {
            cairo_set_tolerance(cairo, 0.02)
            let path = cairo_copy_path_flat(cairo)
            defer { cairo_path_destroy(path) }
            cairo_new_path(cairo)
            if let path { append(path.pointee, view) }
        }
        cairo_set_source_rgb(cairo, tone.0, tone.1, tone.2)
        cairo_fill(cairo)
    }

    private func append(_ path: cairo_path_t, _ view: Perspective) {
        guard let data = path.data else { return }
        var index = 0
        while index < Int(path.num_data) {
            let header = data[index].header
            guard header.length > 0 else { return }
            if header.type == CAIRO_PATH_CLOSE_PATH {
                cairo_close_path(cairo)
            } else {
                let target = data[index + 1].point
                let seen = view.map(target.x, target.y)
                header.type == CAIRO_PATH_MOVE_TO ? cairo_move_to(cairo, seen.x, seen.y) : cairo_line_to(cairo, seen.x, seen.y)
            }
            index += Int(header.length)
        }
    }
}
