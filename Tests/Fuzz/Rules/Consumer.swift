import DeviceLink
import KioskModel

/// What kioskd does with an answer, at its boldest: believes every number in it, and reads where they point.
final class Consumer: Sendable {
    private struct State {
        var pages = 0
        var bytes = 0
    }

    private let command: DeviceCommand
    private let state = Monitor(State())

    init(_ command: DeviceCommand) {
        self.command = command
    }

    /// Stands in a log line.
    static func check(_ status: DeviceStatus) {
        for text in [status.fault?.code, status.fault?.detail].compactMap(\.self) + status.identity.keys + status.identity.values { check(text) }
        demand(status.conditions.count <= 128, "a report of \(status.conditions.count) conditions")
    }

    private static func check(_ text: String) {
        demand(text.utf8.count <= 512 && !text.contains { $0.isNewline }, "a text that fits no log line")
    }

    func take(_ progress: DeviceProgress, _ files: [MemoryFile]) {
        switch progress {
        case .page(let image):
            read(image, files)
            state.update {
                $0.pages += 1
                $0.bytes += files[0].byteCount
                demand($0.pages <= 2 && $0.bytes <= 1 << 30, "more pages than were asked for")
            }
        case .frame: touch(files, last: 0)
        case .printing(let printing): for reason in printing.reasons { Self.check(reason) }
        case .fraction(let done): demand((0...1).contains(done), "a fraction of \(done)")
        case .cardFound, .key: demand(files.isEmpty, "files that nobody asked for")
        }
    }

    func take(_ outcome: DeviceOutcome) {
        let files = outcome.files
        switch outcome.completion {
        case .fault(let fault):
            Self.check(fault.code)
            Self.check(fault.detail)
            demand(files.isEmpty, "files with a fault")
        case .remedy, .cancelled: demand(files.isEmpty, "files without a result")
        case .success(let result): take(result, files)
        }
    }

    private func take(_ result: DeviceResult, _ files: [MemoryFile]) {
        switch (result, command) {
        case (.scanned(let pages), .scan): demand(pages == state.update { $0.pages }, "\(pages) pages were counted")
        case (.document(let info), _): touch(files, last: info.byteCount - 1)
        case (.raster(let image), _): touch(files, last: image.width / 8 * image.height - 1)
        case (.page(let image), _): read(image, files)
        case (.picture, _): touch(files, last: 0)
        case (.doors(let doors), .openDoor(let number)): demand(doors[number - 1].isOpen, "a door that wasn't seen open")
        case (.code(let code), _): demand(code.content.reveal.count <= 8192, "a code of \(code.content.reveal.count) bytes")
        default: demand(files.isEmpty, "files that nobody asked for")
        }
    }

    /// The last byte of the last pixel.
    private func read(_ image: PageImage, _ files: [MemoryFile]) {
        let row = image.width * (image.format == .rgb24 ? 3 : 1)
        touch(files, last: (image.height - 1) * image.bytesPerRow + row - 1)
    }

    /// Reads the first byte and the byte at `last` of the one file there must be.
    private func touch(_ files: [MemoryFile], last: Int) {
        demand(files.count == 1, "\(files.count) files where one belongs")
        let read = try? files[0].withBytes { bytes -> Int in
            demand((0..<bytes.count).contains(last), "byte \(last) of \(bytes.count) is to be read")
            return Int(bytes[0]) + Int(bytes[last])
        }
        demand(read != nil, "a file that can't be mapped")
    }
}
