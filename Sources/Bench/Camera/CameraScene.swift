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
                let (red, green, blue) = (Int(page.bytes[from]), Int(page.bytes[from + 1]), Int(page.bytes[from + 2]))
                picture[(top + y) * width + left + x] = UInt8((red * 77 + green * 151 + blue * 28) >> 8)
            }
        }
    }
}

/// One frame of a scene, as a camera would send it.
enum CameraPicture {
    static func mjpeg(_ scene: CameraScene, width: Int, height: Int) throws -> Data {
        let gray = try scene.gray(width: width, height: height)
        return try gray.withUnsafeBytes { try ScannerPicture.encode($0, width: width, height: height, bytesPerRow: width, format: TJPF_GRAY) }
    }

    static func yuyv(_ scene: CameraScene, width: Int, height: Int) throws -> Data {
        Data(try scene.gray(width: width, height: height).flatMap { [$0, 128] })
    }
}
