/// Text in aligned columns, whatever the width of its characters.
struct Table {
    enum Block {
        /// One line a fact: label and value. Empty values are left out.
        case facts([(label: String, value: String?)])
        /// A heading line and rows. `none` stands in for no rows.
        case rows(headings: [String], [[String]], none: String)
        /// Sentences, one a line.
        case lines([String])
    }

    var blocks: [Block]

    init(_ blocks: Block...) {
        self.blocks = blocks
    }

    /// Blocks with a blank line between; ends with a line feed.
    var text: String {
        blocks.map(Self.lines).filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func lines(of block: Block) -> [String] {
        switch block {
        case .facts(let facts): aligned(facts.compactMap { fact in fact.value.map { [fact.label, $0] } })
        case .rows(_, let rows, let none) where rows.isEmpty: [none]
        case .rows(let headings, let rows, _): aligned([headings] + rows)
        case .lines(let lines): lines.map(printable)
        }
    }

    private static func aligned(_ rows: [[String]]) -> [String] {
        let cells = rows.map { $0.map { printable($0.isEmpty ? "-" : $0) } }
        let columns = cells.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in cells.map { $0.indices.contains(column) ? $0[column].columnWidth : 0 }.max() ?? 0 }
        return cells.map { row in
            row.enumerated().map { column, cell in
                // No padding at the end of a line.
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.columnWidth)
            }.joined(separator: "  ")
        }
    }

    /// Names and serial numbers come from devices: what would move the cursor, recolour or reorder a terminal is replaced.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}

extension String {
    /// Terminal columns: two for East Asian wide characters (UAX #11), none for combining marks.
    var columnWidth: Int {
        unicodeScalars.reduce(0) { width, scalar in
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark: width
            default: width + (scalar.isWide ? 2 : 1)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default:
            false
        }
    }
}
