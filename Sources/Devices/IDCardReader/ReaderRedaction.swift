internal import IDCardReaderShim
internal import KioskModel
internal import Line

/// Makes a recording of a reader anonymous: every answer is taken apart, what it says of a citizen or of a card is replaced by something of the
/// same shape that says nothing, and its checksum is made anew, so that the recording replays to a whole card.
///
/// Whatever isn't a request of this driver, or an intact answer to the last one, is refused: what isn't understood can't be vouched for.
enum ReaderRedaction {
    /// Why a recording stays where it is, without a word of what it holds.
    struct Refusal: Error, Equatable {
        /// From 0.
        var event: Int
        var reason: String
    }

    static func redacted(_ recording: Recording) throws(Refusal) -> Recording {
        var request: Request?
        var events: [Recording.Event] = []
        for (index, event) in recording.events.enumerated() {
            switch event {
            case .opened, .failed, .silent: events.append(event)
            case .sent(let bytes):
                guard let sent = Request(bytes) else { throw Refusal(event: index, reason: "an unknown request") }
                request = sent
                events.append(event)
            case .received(let bytes):
                guard let request else { throw Refusal(event: index, reason: "an answer without a request") }
                do {
                    events.append(.received(try answers(bytes, to: request)))
                } catch {
                    throw Refusal(event: index, reason: error.text)
                }
            }
        }
        return Recording(events: events)
    }

    private struct Unclear: Error {
        var text: String
    }

    private enum Request: Equatable {
        case control, samID, find, select, record, address, management

        /// Nil for anything but one whole frame of a command that is known.
        init?(_ frame: [UInt8]) {
            guard frame.count == 10, frame[0..<7] == [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 3], frame[5..<10].reduce(0, ^) == 0 else { return nil }
            switch (frame[7], frame[8]) {
            case (0x10, 0xFF), (0x11, 0xFF): self = .control
            case (0x12, 0xFF): self = .samID
            case (0x20, 0x01): self = .find
            case (0x20, 0x02): self = .select
            case (0x30, 0x01), (0x30, 0x10): self = .record
            case (0x30, 0x03): self = .address
            case (0x30, 0x05): self = .management
            default: return nil
            }
        }
    }

    /// One or more whole answers, without anything between them.
    private static func answers(_ bytes: [UInt8], to request: Request) throws(Unclear) -> [UInt8] {
        var rest = bytes[...]
        var frames: [UInt8] = []
        while !rest.isEmpty {
            let piece = Array(rest)
            var reply = kiosk_sdt_reply()
            var consumed = 0
            guard kiosk_sdt_decode(piece, piece.count, &reply, &consumed) == 1, reply.data_offset == 10 else {
                throw Unclear(text: "something that is no intact answer")
            }
            let data = try redacted(Array(piece[10..<10 + reply.data_length]), StatusWord(value: reply.sw3), of: request)
            let body = piece[5..<10] + data
            frames += piece[..<5] + body + [body.reduce(0, ^)]
            rest = rest.dropFirst(consumed)
        }
        return frames
    }

    /// `data` is as long afterwards as before.
    private static func redacted(_ data: [UInt8], _ status: StatusWord, of request: Request) throws(Unclear) -> [UInt8] {
        guard !data.isEmpty else { return [] }
        guard status.meaning == .success else { throw Unclear(text: "a failure that brings data") }
        switch (request, data.count) {
        case (.samID, 16): return data  // the reader's own number, which its status shows too
        case (.find, 4), (.select, 8), (.management, 28): return [UInt8](repeating: 0, count: data.count)
        case (.address, 70): return AnonymousRecord.masked(data)
        case (.record, _): return try record(data)
        default: throw Unclear(text: "an answer of another length than its request has")
        }
    }

    private static func record(_ data: [UInt8]) throws(Unclear) -> [UInt8] {
        var layout = kiosk_card_layout()
        guard kiosk_card_locate(data, data.count, &layout) == 0 else { throw Unclear(text: "a card record of another length") }
        let text = Array(data[layout.text_offset..<layout.text_offset + layout.text_length])
        guard let anonymous = AnonymousRecord(text) else { throw Unclear(text: "a text record that can't be read") }
        let photo = WLTPhoto.begins(data[layout.photo_offset...]) ? WLTPhoto.header : []
        let tail = layout.photo_length - photo.count + layout.fingerprint_length
        return Array(data[..<layout.text_offset]) + anonymous.bytes + photo + [UInt8](repeating: 0, count: tail)
    }
}
