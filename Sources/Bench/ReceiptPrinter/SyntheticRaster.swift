/// A raster that nobody takes for another, and that shows where rows or columns are lost: a frame, a diagonal, and a count of rows at the left.
public enum SyntheticRaster {
    /// One bit a pixel, as `RasterImage` has it. `width` in dots, a multiple of 8.
    public static func pixels(width: Int, height: Int) -> [UInt8] {
        let rowBytes = width / 8
        var pixels = [UInt8](repeating: 0, count: rowBytes * height)
        for row in 0..<height {
            let start = row * rowBytes
            for column in 0..<rowBytes where row == 0 || row == height - 1 { pixels[start + column] = 0xFF }
            pixels[start] |= 0x80
            pixels[start + rowBytes - 1] |= 0x01
            if rowBytes > 4 {
                pixels[start + 1] = UInt8(truncatingIfNeeded: row >> 8)
                pixels[start + 2] = UInt8(truncatingIfNeeded: row)
            }
            let dot = row % width
            pixels[start + dot / 8] |= 0x80 >> UInt8(dot % 8)
        }
        return pixels
    }
}
