import KioskRuntime
import Testing

@Suite struct BackoffTests {
    @Test func theCeilingDoublesUpToFiveMinutes() {
        let backoff = Backoff(pick: { $0.upperBound })
        let ceilings = (1...10).map { backoff.delay(afterFailures: $0) }
        #expect(ceilings == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map { .seconds($0) })
        #expect(backoff.delay(afterFailures: .max) == .seconds(300))
    }

    @Test func theWholeSpanIsUsedDownToOneSecond() {
        #expect(Backoff(pick: { $0.lowerBound }).delay(afterFailures: 9) == .seconds(1))
        let delays = (0..<2000).map { _ in Backoff().delay(afterFailures: 20) }
        #expect(delays.allSatisfy { (.seconds(1)...(.seconds(300))).contains($0) })
        // Even over the span: the chance that one of ten parts stays empty in 2000 picks is far below 1e-80.
        #expect(Set(delays.map { Int($0 / .seconds(30.1)) }).count == 10)
    }
}
