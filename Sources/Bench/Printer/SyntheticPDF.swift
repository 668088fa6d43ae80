/// Documents that say nothing.
public enum SyntheticPDF {
    /// A PDF of so many empty A4 pages.
    public static func pages(_ count: Int) -> [UInt8] {
        var text = "%PDF-1.4\n"
        var offsets: [Int] = []
        let kids = (0..<count).map { "\($0 + 3) 0 R" }.joined(separator: " ")
        let objects =
            ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [\(kids)] /Count \(count) >>"]
            + Array(repeating: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>", count: count)
        for (index, object) in objects.enumerated() {
            offsets.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets { text += String(repeating: "0", count: 10 - "\(offset)".count) + "\(offset) 00000 n \n" }
        text += "trailer\n<< /Root 1 0 R /Size \(objects.count + 1) >>\nstartxref\n\(table)\n%%EOF\n"
        return Array(text.utf8)
    }
}
