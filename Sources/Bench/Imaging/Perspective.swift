/// How a flat sheet looks from aside: the projective map of a rectangle to four corners (Heckbert 1989, "Fundamentals of Texture Mapping", §2.2).
struct Perspective: Sendable {
    private let size: (width: Double, height: Double)
    private let x: (Double, Double, Double)
    private let y: (Double, Double, Double)
    private let depth: (Double, Double)

    /// `corners`: upper left, then clockwise; four.
    init(of size: (width: Double, height: Double), to corners: [(x: Double, y: Double)]) {
        precondition(corners.count == 4)
        let (a, b, c, d) = (corners[0], corners[1], corners[2], corners[3])
        let (dx1, dx2, sx) = (b.x - c.x, d.x - c.x, a.x - b.x + c.x - d.x)
        let (dy1, dy2, sy) = (b.y - c.y, d.y - c.y, a.y - b.y + c.y - d.y)
        let scale = dx1 * dy2 - dx2 * dy1
        let (g, h) = ((sx * dy2 - dx2 * sy) / scale, (dx1 * sy - sx * dy1) / scale)
        self.size = size
        x = (b.x - a.x + g * b.x, d.x - a.x + h * d.x, a.x)
        y = (b.y - a.y + g * b.y, d.y - a.y + h * d.y, a.y)
        depth = (g, h)
    }

    func map(_ left: Double, _ top: Double) -> (x: Double, y: Double) {
        let (u, v) = (left / size.width, top / size.height)
        let far = depth.0 * u + depth.1 * v + 1
        return ((x.0 * u + x.1 * v + x.2) / far, (y.0 * u + y.1 * v + y.2) / far)
    }
}
