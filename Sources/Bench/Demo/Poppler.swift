import Foundation

/// What a PDF holds, by the programs of poppler-utils. The document goes through a pipe: a file of it would be the leak that others search for.
enum Poppler {
    /// A program that didn't do its work.
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// The words of a PDF.
    static func text(of document: URL) async throws -> String {
        String(decoding: try await run("/usr/bin/pdftotext", [document.path, "-"]), as: UTF8.self)
    }

    /// Its number of pages; 0 when it is no PDF.
    static func pageCount(of pdf: Data) async throws -> Int {
        let info = String(decoding: try await run("/usr/bin/pdfinfo", ["-"], input: pdf), as: UTF8.self)
        let line = info.split(separator: "\n").first { $0.hasPrefix("Pages:") }
        return line.flatMap { Int($0.dropFirst(6).trimmingCharacters(in: .whitespaces)) } ?? 0
    }

    /// Every page drawn in gray at that size, a byte a pixel, rows without padding.
    static func drawn(_ pdf: Data, width: Int, height: Int) async throws -> [[UInt8]] {
        let output = try await run("/usr/bin/pdftoppm", ["-gray", "-scale-to-x", "\(width)", "-scale-to-y", "\(height)", "-"], input: pdf)
        // One PGM after the other, each with the same header.
        let header = Data("P5\n\(width) \(height)\n255\n".utf8)
        let size = header.count + width * height
        guard output.count % size == 0 else { throw Failed(description: "pdftoppm drew \(output.count) bytes, no multiple of a page") }
        return try stride(from: 0, to: output.count, by: size).map { start in
            guard output[start..<start + header.count] == header else { throw Failed(description: "pdftoppm drew something else than was asked for") }
            return Array(output[start + header.count..<start + size])
        }
    }

    private static func run(_ path: String, _ arguments: [String], input: Data? = nil) async throws -> Data {
        try await Task.detached { try runNow(path, arguments, input: input) }.value
    }

    private static func runNow(_ path: String, _ arguments: [String], input: Data?) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        let source = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input == nil ? FileHandle.nullDevice : source
        try process.run()
        if let input {
            startThread(named: "input") {
                try? source.fileHandleForWriting.write(contentsOf: input)
                try? source.fileHandleForWriting.close()
            }
        }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return bytes
    }
}
