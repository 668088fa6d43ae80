import LineShim
import LockerShim
import Testing

/// The bytes of a board's frames, written out by hand.
@Suite struct LockerFrameTests {
    private struct Decoded: Equatable {
        var frame: [UInt32]?
        var consumed: Int
    }

    private func decode(_ bytes: [UInt8], head: UInt8, board: UInt8 = 1) -> Decoded {
        var frame = kiosk_locker_frame()
        var consumed = 0
        let found = kiosk_locker_decode(bytes, bytes.count, head, board, &frame, &consumed)
        return Decoded(frame: found > 0 ? [frame.kind.rawValue, frame.states, UInt32(frame.lock), UInt32(frame.state)] : nil, consumed: consumed)
    }

    private let states = KIOSK_LOCKER_IS_STATES.rawValue
    private let query = KIOSK_LOCKER_IS_QUERY.rawValue
    private let opening = KIOSK_LOCKER_IS_OPENING.rawValue

    @Test func commandsAreWhatBoardsExpect() {
        var frame = [UInt8](repeating: 0, count: 5)
        #expect(kiosk_locker_encode_query(1, &frame) == 0)
        #expect(frame == [0x80, 0x01, 0x00, 0x33, 0xB2])
        #expect(kiosk_locker_encode_open(2, 24, &frame) == 0)
        #expect(frame == [0x8A, 0x02, 0x18, 0x11, 0x81])
        for (board, lock) in [(0, 1), (33, 1), (1, 0), (1, 33)] as [(UInt8, UInt8)] {
            #expect(Int(kiosk_locker_encode_open(board, lock, &frame)) == KIOSK_LOCKER_ARGUMENT)
        }
        #expect(Int(kiosk_locker_encode_query(33, &frame)) == KIOSK_LOCKER_ARGUMENT)
    }

    @Test func theLowBitOfTheFourthByteIsTheFirstLock() {
        #expect(decode([0x80, 0x01, 0x00, 0x00, 0x00, 0x05, 0x33, 0xB7], head: 0x80) == Decoded(frame: [states, 5, 0, 0], consumed: 8))
        #expect(decode([0x80, 0x01, 0x80, 0x00, 0x00, 0x00, 0x33, 0x32], head: 0x80) == Decoded(frame: [states, 1 << 31, 0, 0], consumed: 8))
    }

    @Test func anEchoOfTheQuestionIsNoState() {
        let echo: [UInt8] = [0x80, 0x01, 0x00, 0x33, 0xB2]
        let answer: [UInt8] = [0x80, 0x01, 0x00, 0x00, 0x00, 0x05, 0x33, 0xB7]
        #expect(decode(echo + answer, head: 0x80) == Decoded(frame: [query, 0, 0, 0], consumed: 5))
        // Alone it may still become states that begin as it does: locks 18, 21, 22 and so on.
        #expect(decode(echo, head: 0x80) == Decoded(frame: nil, consumed: 0))
        let alike: [UInt8] = [0x80, 0x01, 0x00, 0x33, 0xB2, 0x07, 0x33, 0x34]
        #expect(alike.reduce(0, ^) == 0)
        #expect(decode(alike, head: 0x80) == Decoded(frame: [states, 0x0033_B207, 0, 0], consumed: 8))
    }

    @Test func noiseAndOtherFramesAreSkipped() {
        let answer: [UInt8] = [0x8A, 0x01, 0x03, 0x00, 0x88]
        let unasked: [UInt8] = [0x81, 0x01, 0x03, 0x00, 0x83]
        let other: [UInt8] = [0x8A, 0x02, 0x03, 0x00, 0x8B]
        let broken: [UInt8] = [0x8A, 0x01, 0x03, 0x00, 0x77]
        let expected = Decoded(frame: [opening, 0, 3, 0], consumed: 0)
        for noise in [unasked, other, broken, [0x8A], [0x8A, 0x01], [0x00, 0xFF]] {
            var wanted = expected
            wanted.consumed = noise.count + 5
            #expect(decode(noise + answer, head: 0x8A) == wanted, "\(noise)")
        }
        #expect(decode(unasked + [0x8A, 0x01], head: 0x8A) == Decoded(frame: nil, consumed: 5))
    }
}
