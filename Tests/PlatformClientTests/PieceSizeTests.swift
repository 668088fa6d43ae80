import Testing

@testable import PlatformClient

@Suite struct PieceSizeTests {
    /// The answer comes from afar, or from a busy platform.
    @Test(arguments: [Duration.milliseconds(10), .milliseconds(1900)])
    func aLineThatBringsThemGetsLargerPiecesUpToTheLargest(time: Duration) {
        let size = PieceSize()
        for larger in [256, 512, 512] {
            size.arrived(size.value, within: time)
            #expect(size.value == larger << 10)
        }
    }

    @Test func aSlowLineGetsSmallerOnes() {
        let size = PieceSize()
        for smaller in [64, 32, 32] {
            size.arrived(size.value, within: .seconds(10))
            #expect(size.value == smaller << 10)
        }
        size.arrived(size.value, within: .seconds(3))
        #expect(size.value == 32 << 10)
    }

    /// At 1 KiB/s 128 KiB aren't there before the other side's patience has ended. Once it is better they grow again.
    @Test func aLineThatBreaksUnderAPieceGetsSmallerOnesUntilItDoesNot() {
        let size = PieceSize()
        for _ in 0..<10 { size.broke(size.value) }
        #expect(size.value == 8 << 10)
        size.arrived(size.value, within: .seconds(10))
        #expect(size.value == 8 << 10)
        for _ in 0..<10 { size.arrived(size.value, within: .seconds(1)) }
        #expect(size.value == 512 << 10)
    }

    /// Three that were under way broke off together: that is one break of the line.
    @Test func oneBreakHalvesOnce() {
        let size = PieceSize()
        for _ in 0..<3 { size.broke(128 << 10) }
        #expect(size.value == 64 << 10)
        // A small packet.
        size.broke(20 << 10)
        #expect(size.value == 32 << 10)
        size.broke(1000)
        #expect(size.value == 32 << 10)
    }

    /// Neither what is less than a piece, nor one that was larger when it was sent.
    @Test func anotherSizeTellsNothingOfTheTime() {
        let size = PieceSize()
        for time in [Duration.milliseconds(1), .seconds(50)] {
            for count in [1000, 100 << 10, 512 << 10] { size.arrived(count, within: time) }
        }
        #expect(size.value == 128 << 10)
    }

    @Test(arguments: [(1, 8 << 10), (100_000, 100_000), (1 << 30, 128 << 10)])
    func aSharedLineIsNotTakenForLongerThanASecond(bandwidth: Int, first: Int) {
        let size = PieceSize(bandwidth: bandwidth)
        #expect(size.value == first)
        for _ in 0..<10 { size.arrived(size.value, within: .milliseconds(1)) }
        #expect(size.value == min(bandwidth, 512 << 10) || bandwidth < 8 << 10)
    }
}
