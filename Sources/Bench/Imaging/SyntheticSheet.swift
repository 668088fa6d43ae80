internal import CPangoCairo
internal import CTurboJPEG
public import FoundationEssentials
internal import Glibc

/// A sheet of paper as citizens bring it, drawn and then spoilt in one way or another, as a scanner or a document camera would see it. Nobody's.
public struct SyntheticSheet: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// 10.5-point text from margin to margin.
        case dense
        /// A table to be filled in, half of it empty.
        case form
        /// Both sides of a card on an otherwise white page.
        case idCard
        /// A picture without a word.
        case photo
        /// A line, a date and a signature.
        case letter
        /// Nothing but what shines through from the other side.
        case blank
    }

    /// millimetres, A4
    public static let size = (width: 210.0, height: 297.0)

    public var kind: Kind
    /// degrees, clockwise
    public var rotation = 0.0
    /// millimetres; about the deviation of the blur
    public var blur = 0.0
    /// What is left of the light, 0…1.
    public var light = 1.0
    /// What is lost to too much of it, 0…1.
    public var glare = 0.0
    /// millimetres by which everything is moved to the left
    public var shift = 0.0
    /// The tone of the paper, 0…1.
    public var paper = 0.965
    /// The part of the picture that never arrived and is filled with gray, 0…1.
    public var lost = 0.0

    public init(_ kind: Kind) {
        self.kind = kind
    }

    /// As a scanner sees it, `resolution` dots per inch.
    public func jpeg(resolution: Int = 200, quality: Int = 90) throws -> Data {
        let scale = Double(resolution) / 25.4
        let canvas = try Canvas(width: Int((Self.size.width * scale).rounded()), height: Int((Self.size.height * scale).rounded()))
        canvas.fill(paper, paper, paper * 0.985)
        cairo_save(canvas.cairo)
        cairo_scale(canvas.cairo, scale, scale)
        cairo_translate(canvas.cairo, Self.size.width / 2 - shift, Self.size.height / 2)
        cairo_rotate(canvas.cairo, rotation * Double.pi / 180)
        cairo_translate(canvas.cairo, -Self.size.width / 2, -Self.size.height / 2)
        SheetPen(cairo: canvas.cairo).draw(kind)
        cairo_restore(canvas.cairo)
        if light < 1 { canvas.veil(0, 1 - light) }
        if glare > 0 { canvas.veil(1, glare) }
        try canvas.blur(pixels: blur * scale)
        canvas.addNoise()
        if lost > 0 { canvas.bar(from: 1 - lost, tone: 0.5) }
        return try canvas.jpeg(quality: quality)
    }

    /// Rows of three bytes a pixel, as a scanner's driver hands them over.
    public func pixels(resolution: Int = 200) throws -> ScannerPicture.Pixels {
        try ScannerPicture.pixels(of: try jpeg(resolution: resolution))
    }

    /// Where a camera of a usual angle, `height` millimetres above a table, sees the corners of a sheet that lies in the middle of its picture,
    /// turned clockwise by `turn` degrees, when the camera looks down from aside by `tilt` degrees.
    public static func corners(width: Int, height: Int, above: Double, turn: Double = 0, tilt: Double = 0) -> [(x: Double, y: Double)] {
        let focal = Double(max(width, height)) * 1.1
        let (turned, tilted) = (turn * .pi / 180, tilt * .pi / 180)
        return [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map { corner in
            let (x, y) = (corner.0 * size.width, corner.1 * size.height)
            let (u, v) = (x * cos(turned) - y * sin(turned), x * sin(turned) + y * cos(turned))
            let depth = above - v * sin(tilted)
            return (Double(width) / 2 + focal * u / depth, Double(height) / 2 + focal * v * cos(tilted) / depth)
        }
    }

    /// As a document camera sees it on a dark table, its corners (upper left, then clockwise) at those pixels. Squares of 12 mm mark the corners, 4 mm from the edges:
    /// red, green, blue, black.
    public func photo(width: Int, height: Int, corners: [(x: Double, y: Double)]) throws -> Data {
        let canvas = try Canvas(width: width, height: height)
        canvas.fill(0.24, 0.19, 0.15)
        let pen = SheetPen(cairo: canvas.cairo, view: Perspective(of: Self.size, to: corners))
        pen.rectangle(0, 0, Self.size.width, Self.size.height, tone: (paper, paper, paper * 0.985))
        pen.draw(kind)
        let (right, bottom) = (Self.size.width - 16, Self.size.height - 16)
        pen.rectangle(4, 4, 12, 12, tone: (0.8, 0.1, 0.1))
        pen.rectangle(right, 4, 12, 12, tone: (0.1, 0.6, 0.1))
        pen.rectangle(right, bottom, 12, 12, tone: (0.1, 0.1, 0.8))
        pen.rectangle(4, bottom, 12, 12, tone: (0.05, 0.05, 0.05))
        if light < 1 { canvas.veil(0, 1 - light) }
        canvas.addNoise()
        return try canvas.jpeg(quality: 88)
    }
}
