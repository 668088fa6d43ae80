import Foundation
import NIOCore
import NIOFoundationEssentialsCompat

/// Takes `multipart/x-mixed-replace` apart: pictures as they come, each with its number in `X-Frame` and its length.
struct PictureParts {
    private var buffer = ByteBuffer()

    mutating func add(_ bytes: ByteBuffer) {
        var bytes = bytes
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    /// The next whole picture; nil while there is none.
    mutating func next() -> (number: Int, picture: Data)? {
        let view = buffer.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
        guard let length = Self.number("Content-Length", in: head), let number = Self.number("X-Frame", in: head) else { return nil }
        let headLength = end.upperBound - view.startIndex
        guard buffer.readableBytes >= headLength + length else { return nil }
        buffer.moveReaderIndex(forwardBy: headLength)
        return buffer.readData(length: length).map { (number, $0) }
    }

    private static func number(_ name: String, in head: String) -> Int? {
        head.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }.flatMap { Int($0.dropFirst(name.count + 2)) }
    }
}
