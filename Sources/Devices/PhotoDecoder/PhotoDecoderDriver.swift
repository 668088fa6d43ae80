public import DeviceLink
internal import Glibc
public import KioskModel
internal import PhotoDecoderShim

/// The photo on an ID card by a vendor's decoder, which is a program of its own: docs/photo-decoder.md. None comes with the kiosk.
///
/// One process a photo: a decoder that crashes, hangs or lies costs that photo, and nothing of one citizen is left for the next.
public final class PhotoDecoderDriver: DeviceDriver {
    private let path: String
    /// How soon a cancelled command is noticed, milliseconds.
    private static let step: Int32 = 100
    /// The photo on the card is 26 × 32 mm.
    private static let resolution = 100

    /// Option: `decoder`, the program's absolute path.
    /// - Throws: `DeviceFault` `decoder.configuration`.
    public init(options: [String: String]) throws {
        func refuse(_ text: String) -> DeviceFault { DeviceFault(code: "decoder.configuration", action: .configure, detail: text) }
        if let unknown = options.keys.sorted().first(where: { $0 != "decoder" }) {
            throw refuse("there is no option \(unknown)=; a photo decoder has decoder=")
        }
        guard let path = options["decoder"], path.hasPrefix("/") else {
            throw refuse("the photo decoder needs the absolute path of the vendor's program: decoder=/opt/vendor/decode-photo")
        }
        self.path = path
    }

    /// Whether the program is there and may be run; what it can do shows with a photo.
    public func poll() -> DeviceStatus {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let failure: DecoderFailure = errno == EACCES ? .access : .absent
            return DeviceStatus(state: failure.state, fault: failure.fault)
        }
        guard status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else {
            return DeviceStatus(state: DecoderFailure.access.state, fault: DecoderFailure.access.fault)
        }
        return DeviceStatus(state: .ready, identity: ["decoder": path])
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard case .decodePhoto = command, files.count == 1 else {
            throw DeviceFault(
                code: "decoder.unsupported-command", action: .configure, detail: "a photo decoder was given another device's command")
        }
        let page = try MemoryFile.make(capacity: Int(KIOSK_PHOTO_PIXELS)) { pixels in
            try files[0].withBytes { photo in try decode(photo, into: pixels, context) }
            return pixels.count
        }
        let image = PageImage(
            index: 0, format: .rgb24, width: Int(KIOSK_PHOTO_WIDTH), height: Int(KIOSK_PHOTO_HEIGHT), bytesPerRow: Int(KIOSK_PHOTO_WIDTH) * 3,
            resolution: Self.resolution)
        return DeviceReply(.page(image), files: [page])
    }

    private func decode(_ photo: UnsafeRawBufferPointer, into pixels: UnsafeMutableRawBufferPointer, _ context: CommandContext) throws {
        // "WL", then width, height and quality as little-endian words: another beginning is no photo, and no decoder's business.
        let header: [UInt8] = [0x57, 0x4C, UInt8(KIOSK_PHOTO_WIDTH), 0, UInt8(KIOSK_PHOTO_HEIGHT), 0, 50, 0]
        guard photo.count == Int(KIOSK_PHOTO_BYTES), photo.starts(with: header), let source = photo.bindMemory(to: UInt8.self).baseAddress,
            let target = pixels.bindMemory(to: UInt8.self).baseAddress
        else { throw DecoderFailure.photo.fault }
        try context.checkCancelled()
        var started: OpaquePointer?
        let result = kiosk_decoder_start(path, source, &started)
        guard result == 0, let decoder = started else { throw DecoderFailure(code: result).fault }
        // Killed here at the latest, whatever it is at.
        defer { kiosk_decoder_end(decoder) }
        while true {
            let left = context.remainingMilliseconds
            let ended = kiosk_decoder_wait(decoder, target, min(left, Self.step))
            if ended == 0 { return }
            let failure = DecoderFailure(code: ended)
            guard failure == .timeout, left > 0 else { throw failure.fault }
            try context.checkCancelled()
        }
    }
}
