internal import CameraShim
internal import DeviceLink
internal import FoundationEssentials
internal import KioskModel

extension CameraHandle.Frame {
    /// 1…100, for what the camera doesn't compress itself
    private static let quality: Int32 = 90

    /// The frame as a JPEG: the camera's own, copied once, or encoded straight into the file.
    func file() throws -> MemoryFile {
        guard mode.format == CameraMode.Format.yuyv.rawValue else {
            return try MemoryFile.make(capacity: bytes.count) { buffer in
                buffer.copyMemory(from: UnsafeRawBufferPointer(bytes))
                return bytes.count
            }
        }
        var mode = mode
        return try MemoryFile.make(capacity: kiosk_camera_encode_bound(&mode)) { buffer in
            guard let from = bytes.baseAddress, let into = buffer.bindMemory(to: UInt8.self).baseAddress else { return 0 }
            let count = kiosk_camera_encode(&mode, from, bytes.count, Self.quality, into, buffer.count)
            return Int(try CameraFailure.check(Int32(clamping: count), "encode"))
        }
    }

    /// In gray, at `eighths`/8 of its sides; nil when the picture can't be decoded.
    func withGray<Value>(eighths: Int32, _ body: (UnsafeBufferPointer<UInt8>, _ width: Int32, _ height: Int32) throws -> Value?) rethrows -> Value? {
        guard let from = bytes.baseAddress else { return nil }
        var mode = mode
        var (width, height): (Int32, Int32) = (0, 0)
        let room = (Int(mode.width) * Int(eighths) + 7) / 8 * ((Int(mode.height) * Int(eighths) + 7) / 8)
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { gray in
            guard let into = gray.baseAddress else { return nil }
            let count = kiosk_camera_gray(&mode, from, bytes.count, eighths, into, gray.count, &width, &height)
            guard count > 0 else { return nil }
            return try body(UnsafeBufferPointer(start: into, count: count), width, height)
        }
    }

    /// How much light there is.
    var light: CameraFrame.Light? {
        withGray(eighths: 1) { LightMeter.judge($0, width: Int($1), height: Int($2)) }
    }

    /// The first code in the picture.
    func code() -> ScannedCode? {
        // Of a large picture every second pixel is enough, and four times as fast.
        withGray(eighths: mode.width > 1600 ? 4 : 8) { gray, width, height in
            guard let pixels = gray.baseAddress else { return nil }
            var symbology: (CChar, CChar, CChar, CChar) = (0, 0, 0, 0)
            var content = [UInt8](repeating: 0, count: 4096)
            let count = withUnsafeMutablePointer(to: &symbology) {
                $0.withMemoryRebound(to: CChar.self, capacity: 4) {
                    kiosk_camera_find_code(pixels, width, height, $0, &content, content.count)
                }
            }
            guard count > 0 else { return nil }
            let name = withUnsafeBytes(of: symbology) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return ScannedCode(symbology: name, content: Data(content.prefix(count)))
        }
    }
}
