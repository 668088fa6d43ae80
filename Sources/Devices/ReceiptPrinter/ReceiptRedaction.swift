internal import Line
internal import LineShim

/// Makes a recording anonymous: every pixel of every receipt becomes white. A receipt carries no personal value by contract; a recording leaves the
/// kiosk, and contracts are broken.
enum ReceiptRedaction {
    /// Something was sent that the driver doesn't send: then it isn't known where pixels are.
    struct Unknown: Error, Equatable {}

    /// The same events with zeros for pixels, bands that go over several frames included.
    static func redacted(_ recording: Recording) throws(Unknown) -> Recording {
        var result = Recording()
        var pixels = 0
        // As it was before a frame that then didn't go, and so is sent again.
        var before = 0
        for event in recording.events {
            switch event {
            case .sent(let bytes):
                before = pixels
                result.events.append(.sent(try whitened(bytes, &pixels)))
            case .failed(let code):
                if Int(code) == KIOSK_LINE_TIMEOUT { pixels = before }
                result.events.append(event)
            case .opened:
                pixels = 0
                result.events.append(event)
            case .received, .silent: result.events.append(event)
            }
        }
        return result
    }

    private static func whitened(_ bytes: [UInt8], _ pixels: inout Int) throws(Unknown) -> [UInt8] {
        var result = bytes
        var index = 0
        while index < bytes.count {
            if pixels > 0 {
                let count = min(pixels, bytes.count - index)
                result.replaceSubrange(index..<index + count, with: repeatElement(0, count: count))
                pixels -= count
                index += count
                continue
            }
            let rest = bytes[index...]
            guard let length = EscPos.length(of: rest) else { throw Unknown() }
            if let band = EscPos.pixels(of: rest) { pixels = band }
            index += length
        }
        return result
    }
}
