import Foundation

/// A page as one sees it from a step away: its gray values on a coarse grid. Scanning, compression and a PDF leave them nearly as they were; another
/// page, half a page or a page of another citizen has others.
struct PagePrint: Sendable {
    /// Cells of the grid: an A4 page at about 40 dpi, at which lines of writing tell pages apart.
    static let width = 330
    static let height = 467
    /// Mean difference of two cells, of 255, up to which two prints may be of one page.
    static let likeness = 5.0

    let cells: [UInt8]

    /// `cells`: ``width`` × ``height`` gray values.
    init(cells: [UInt8]) {
        self.cells = cells
    }

    /// Of a JPEG at least as large as the grid.
    init(jpeg: Data) throws {
        let pixels = try ScannerPicture.pixels(of: jpeg)
        var cells = [UInt8](repeating: 0, count: Self.width * Self.height)
        pixels.bytes.withUnsafeBufferPointer { bytes in
            for row in 0..<Self.height {
                let top = row * pixels.height / Self.height
                let bottom = max(top + 1, (row + 1) * pixels.height / Self.height)
                for column in 0..<Self.width {
                    let left = column * pixels.width / Self.width
                    let right = max(left + 1, (column + 1) * pixels.width / Self.width)
                    var sum = 0
                    for y in top..<bottom {
                        for x in left..<right {
                            let pixel = (y * pixels.width + x) * 3
                            sum += 299 * Int(bytes[pixel]) + 587 * Int(bytes[pixel + 1]) + 114 * Int(bytes[pixel + 2])
                        }
                    }
                    cells[row * Self.width + column] = UInt8(sum / (1000 * (bottom - top) * (right - left)))
                }
            }
        }
        self.cells = cells
    }

    /// Mean difference of the cells, of 255.
    func distance(to other: PagePrint) -> Double {
        let sum = cells.withUnsafeBufferPointer { one in
            other.cells.withUnsafeBufferPointer { two in
                var sum = 0
                for cell in one.indices { sum += abs(Int(one[cell]) - Int(two[cell])) }
                return sum
            }
        }
        return Double(sum) / Double(cells.count)
    }
}

/// Pages that were given away, to tell of a print which of them it is.
struct PageAlbum: Sendable {
    struct Name: Sendable, Hashable, CustomStringConvertible {
        var journey: Int
        /// From 1.
        var page: Int

        var description: String { "page \(page) of journey \(journey)" }
    }

    private var prints: [(name: Name, print: PagePrint)] = []

    mutating func add(_ jpeg: Data, as name: Name) throws {
        prints.append((name, try PagePrint(jpeg: jpeg)))
    }

    /// The page that this is a print of; nil when it is like none.
    func name(of print: PagePrint) -> Name? {
        let found = prints.map { (name: $0.name, distance: $0.print.distance(to: print)) }.min { $0.distance < $1.distance }
        guard let found, found.distance <= PagePrint.likeness else { return nil }
        return found.name
    }
}
