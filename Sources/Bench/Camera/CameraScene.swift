internal import CQREncode
internal import CTurboJPEG
internal import FoundationEssentials

/// What a simulated camera sees. Synthetic, all of it.
public enum CameraScene: Sendable, Equatable {
    /// A lit wall: nothing to be seen.
    case plain
    /// A page of the synthetic proof for that citizen, lying under a document camera.
    case page(SyntheticCitizen)
    /// A QR code with that text on a lit wall.
    case code(String)
    /// The same with the text in those bytes, which needn't be UTF-8.
    case bytes([UInt8])
    /// A sheet of paper on a dark table, seen by a document camera; turned clockwise by so many degrees.
    case sheet(SyntheticSheet, turn: Double)
    /// Too little light.
    case dark
    /// Somebody before a bright window.
    case backlit

    public enum Failure: Error, Equatable {
        /// A QR code can't hold it, or not in a picture of that size.
        case code
    }

    /// Gray pixels, `width` × `height`, 0 is black.
    func gray(width: Int, height: Int) throws -> [UInt8] {
        var picture = [UInt8](repeating: 200, count: width * height)
        switch self {
        case .plain: break
        case .dark: picture = [UInt8](repeating: 20, count: width * height)
        case .backlit:
            for y in height / 5..<height {
                for x in width / 4..<(3 * width / 4) { picture[y * width + x] = 30 }
            }
        case .code(let text): try draw(Array(text.utf8), &picture, width, height)
        case .bytes(let bytes): try draw(bytes, &picture, width, height)
        case .sheet:
            let seen = try ScannerPicture.pixels(of: try photo(width: width, height: height) ?? Data())
            for index in picture.indices {
                let from = index * 3
                picture[index] = Self.gray(seen.bytes[from], seen.bytes[from + 1], seen.bytes[from + 2])
            }
        case .page(let citizen): try draw(citizen, &picture, width, height)
        }
        return picture
    }

    private func draw(_ content: [UInt8], _ picture: inout [UInt8], _ width: Int, _ height: Int) throws {
        guard let code = QRcode_encodeData(Int32(content.count), content, 0, QR_ECLEVEL_M) else { throw Failure.code }
        defer { QRcode_free(code) }
        let modules = Int(code.pointee.width)
        // A quiet zone of four modules on each side (ISO/IEC 18004, 5.3.8).
        let scale = min(width, height) / (modules + 8)
        guard scale >= 2 else { throw Failure.code }
        let left = (width - modules * scale) / 2, top = (height - modules * scale) / 2
        for y in 0..<modules * scale {
            for x in 0..<modules * scale where code.pointee.data[y / scale * modules + x / scale] & 1 == 1 {
                picture[(top + y) * width + left + x] = 15
            }
        }
    }

    private func draw(_ citizen: SyntheticCitizen, _ picture: inout [UInt8], _ width: Int, _ height: Int) throws {
        let document = SyntheticDocument(name: citizen.name, number: citizen.number, address: citizen.address ?? "")
        let page = try ScannerPicture.pixels(of: document.jpeg(resolution: 72))
        let scale = min(Double(width) / Double(page.width), Double(height) / Double(page.height)) * 0.95
        let (across, down) = (Int(Double(page.width) * scale), Int(Double(page.height) * scale))
        let left = (width - across) / 2, top = (height - down) / 2
        for y in 0..<down {
            for x in 0..<across {
                let from = (min(page.height - 1, Int(Double(y) / scale)) * page.width + min(page.width - 1, Int(Double(x) / scale))) * 3
                picture[(top + y) * width + left + x] = Self.gray(page.bytes[from], page.bytes[from + 1], page.bytes[from + 2])
            }
        }
    }

    private static func gray(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        UInt8((Int(red) * 77 + Int(green) * 151 + Int(blue) * 28) >> 8)
    }

    /// In colour, where there is any.
    func photo(width: Int, height: Int) throws -> Data? {
        guard case .sheet(let sheet, let turn) = self else { return nil }
        // High enough above the table for the sheet to fill most of the picture.
        let above = Double(max(width, height)) * 1.1 * SyntheticSheet.size.height / (0.86 * Double(height))
        return try sheet.photo(
            width: width, height: height, corners: SyntheticSheet.corners(width: width, height: height, above: above, turn: turn))
    }

    /// The same a little later, of `period` that differ: somebody moves what can be moved.
    func moved(_ step: Int, of period: Int) -> CameraScene {
        guard case .sheet(let sheet, let turn) = self else { return self }
        let half = period / 2
        return .sheet(sheet, turn: turn + Double(abs(step % period - half)) / 2)
    }
}

/// One frame of a scene, as a camera would send it.
enum CameraPicture {
    static func mjpeg(_ scene: CameraScene, width: Int, height: Int) throws -> Data {
        if let photo = try scene.photo(width: width, height: height) { return photo }
        let gray = try scene.gray(width: width, height: height)
        return try gray.withUnsafeBytes { try ScannerPicture.encode($0, width: width, height: height, bytesPerRow: width, format: TJPF_GRAY) }
    }

    static func yuyv(_ scene: CameraScene, width: Int, height: Int) throws -> Data {
        Data(try scene.gray(width: width, height: height).flatMap { [$0, 128] })
    }
}
