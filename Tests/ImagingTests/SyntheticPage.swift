import DeviceLink
import Foundation
import Testing

/// A drawn page: soft gradients (which JPEG keeps) with a few hard bars, different for every index.
struct SyntheticPage {
    var image: PageImage
    var pixels: [UInt8]

    init(index: Int = 0, format: PageImage.PixelFormat = .rgb24, width: Int = 413, height: Int = 585, resolution: Int = 50, padding: Int = 0) {
        let channels = format == .gray8 ? 1 : 3
        let stride = width * channels + padding
        image = PageImage(index: index, format: format, width: width, height: height, bytesPerRow: stride, resolution: resolution)
        pixels = [UInt8](repeating: 0xEE, count: stride * height)
        for y in 0..<height {
            for x in 0..<width {
                let dark = (y / 40) % 4 == index % 4 && x > width / 4 && x < width / 2
                let tint = [x * 255 / width, y * 255 / height, 255 - x * 255 / width]
                for channel in 0..<channels {
                    pixels[y * stride + x * channels + channel] = dark ? 20 : UInt8(tint[channel])
                }
            }
        }
    }

    func file() throws -> MemoryFile { try .copying(pixels) }

    /// Mean difference to rendered rows without padding, 0…255.
    func difference(to other: [UInt8]) -> Double {
        let row = image.width * (image.format == .gray8 ? 1 : 3)
        var sum = 0
        for y in 0..<image.height {
            for x in 0..<row {
                sum += abs(Int(pixels[y * image.bytesPerRow + x]) - Int(other[y * row + x]))
            }
        }
        return Double(sum) / Double(row * image.height)
    }
}

extension CommandContext {
    static func unhurried(_ send: @escaping @Sendable (DeviceProgress) -> Void = { _ in }) -> CommandContext {
        CommandContext(deadline: .now + .seconds(60)) { progress, _ in send(progress) }
    }
}

extension MemoryFile {
    var data: Data { get throws { try withBytes { Data($0) } } }
}

/// Runs one of poppler's or zbar's tools with `input` on its standard input.
func run(_ tool: String, _ arguments: [String], input: Data) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    let (inlet, outlet) = (Pipe(), Pipe())
    process.standardInput = inlet
    process.standardOutput = outlet
    try process.run()
    let writer = Thread {
        try? inlet.fileHandleForWriting.write(contentsOf: input)
        try? inlet.fileHandleForWriting.close()
    }
    writer.start()
    let output = try outlet.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool) failed")
    return output
}

func text(_ tool: String, _ arguments: [String], input: Data) throws -> String {
    String(decoding: try run(tool, arguments, input: input), as: UTF8.self)
}

/// A binary PGM or PPM as poppler writes it.
struct Raster {
    var width: Int
    var height: Int
    var pixels: [UInt8]

    init(_ data: Data) throws {
        var words: [String] = []
        var start = data.startIndex
        while words.count < 4 {
            let end = try #require(data[start...].firstIndex { $0 == 0x0A || $0 == 0x20 })
            words.append(String(decoding: data[start..<end], as: UTF8.self))
            start = end + 1
        }
        width = try #require(Int(words[1]))
        height = try #require(Int(words[2]))
        pixels = [UInt8](data[start...])
    }
}
