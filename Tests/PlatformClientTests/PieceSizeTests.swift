import Testing

@testable import PlatformClient

@Suite struct PieceSizeTests {
    @Test func aQuickLineIsGivenLargerPiecesUpToTheLargest() {
        let size = PieceSize()
        #expect(size.value == 128 << 10)
        for larger in [256 << 10, 512 << 10, 512 << 10] {
            size.arrived(size.value, within: .milliseconds(100))
            #expect(size.value == larger)
        }
    }

    @Test func aSlowLineIsGivenSmallerOnes() {
        let size = PieceSize()
        for smaller in [64, 32, 16, 8, 8] {
            size.arrived(size.value, within: .seconds(10))
            #expect(size.value == smaller << 10)
        }
        size.arrived(size.value, within: .seconds(1))
        #expect(size.value == 8 << 10)
    }

    /// At 1 KiB/s 128 KiB aren't there before the other side's patience has ended.
    @Test func aLineThatBreaksUnderAPieceIsGivenSmallerOnes() {
        let size = PieceSize()
        for _ in 0..<10 { size.broke(size.value) }
        #expect(size.value == PieceSize.least)
    }

    /// Three that were under way broke off together: that is one break of the line. The rest of a packet says nothing of what a whole piece would have done.
    @Test func oneBreakHalvesOnce() {
        let size = PieceSize()
        for _ in 0..<3 { size.broke(128 << 10) }
        #expect(size.value == 64 << 10)
        size.arrived(1000, within: .milliseconds(1))
        size.broke(1000)
        #expect(size.value == 64 << 10)
    }

    @Test(arguments: [(1, 8 << 10), (100_000, 100_000), (1 << 30, 128 << 10)])
    func aSharedLineIsNotTakenForLongerThanASecond(bandwidth: Int, first: Int) {
        #expect(PieceSize(bandwidth: bandwidth).value == first)
    }
}
