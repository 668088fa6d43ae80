internal import CTurboJPEG
public import FoundationEssentials

/// Pictures as a virtual scanner needs them: JPEG in, JPEG out in the mode and resolution that were asked for.
public enum ScannerPicture {
    public enum Failure: Error, Equatable {
        /// libjpeg-turbo couldn't read or write the picture.
        case codec(String)
        /// The resolution is none of the quarter steps that the codec scales by.
        case scale(from: Int, to: Int)
    }

    /// Three bytes a pixel, R G B, rows without padding.
    public struct Pixels: Sendable {
        /// pixels
        public var width: Int
        /// pixels
        public var height: Int
        public var bytes: [UInt8]
    }

    /// The picture at another resolution (dots per inch), in gray or colour.
    static func convert(_ jpeg: Data, from native: Int, to resolution: Int, gray: Bool) throws -> Data {
        let step = 8 * resolution / native
        guard step * native == 8 * resolution else { throw Failure.scale(from: native, to: resolution) }
        let format = gray ? TJPF_GRAY : TJPF_RGB
        let (width, height, bytes) = try decode(jpeg, format: format, bytesPerPixel: gray ? 1 : 3, eighths: step)
        return try bytes.withUnsafeBytes { try encode($0, width: width, height: height, bytesPerRow: width * (gray ? 1 : 3), format: format) }
    }

    /// Every pixel of a JPEG, for a comparison with what a scan brought.
    public static func pixels(of jpeg: Data) throws -> Pixels {
        let (width, height, bytes) = try decode(jpeg, format: TJPF_RGB, bytesPerPixel: 3, eighths: 8)
        return Pixels(width: width, height: height, bytes: bytes)
    }

    private static func decode(_ jpeg: Data, format: TJPF, bytesPerPixel: Int, eighths: Int) throws -> (Int, Int, [UInt8]) {
        guard let codec = tjInitDecompress() else { throw Failure.codec("no decoder") }
        defer { tjDestroy(codec) }
        return try jpeg.withUnsafeBytes { raw in
            let source = raw.bindMemory(to: UInt8.self).baseAddress
            var width: Int32 = 0, height: Int32 = 0, subsampling: Int32 = 0, space: Int32 = 0
            guard tjDecompressHeader3(codec, source, UInt(raw.count), &width, &height, &subsampling, &space) == 0 else { throw error(codec) }
            let outWidth = (Int(width) * eighths + 7) / 8, outHeight = (Int(height) * eighths + 7) / 8
            var bytes = [UInt8](repeating: 0, count: outWidth * outHeight * bytesPerPixel)
            let result = tjDecompress2(codec, source, UInt(raw.count), &bytes, Int32(outWidth), 0, Int32(outHeight), Int32(format.rawValue), 0)
            guard result == 0 else { throw error(codec) }
            return (outWidth, outHeight, bytes)
        }
    }

    static func encode(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int, bytesPerRow: Int, format: TJPF, quality: Int = 90) throws -> Data {
        guard let codec = tjInitCompress() else { throw Failure.codec("no encoder") }
        defer { tjDestroy(codec) }
        let subsampling = format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444
        var output: UnsafeMutablePointer<UInt8>?
        var length: UInt = 0
        defer { tjFree(output) }
        let result = tjCompress2(
            codec, pixels.bindMemory(to: UInt8.self).baseAddress, Int32(width), Int32(bytesPerRow), Int32(height), Int32(format.rawValue),
            &output, &length, Int32(subsampling.rawValue), Int32(quality), 0)
        guard result == 0, let output else { throw error(codec) }
        return Data(bytes: output, count: Int(length))
    }

    private static func error(_ codec: tjhandle) -> Failure {
        .codec(String(cString: tjGetErrorStr2(codec)))
    }
}
