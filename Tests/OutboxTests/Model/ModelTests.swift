import Foundation
import Testing

@Suite struct ModelTests {
    /// A life is one outbox; a seed of its own each. `make queue-model STEPS=100000` takes more of them, with another seed every time, and prints the result.
    @Test func queueAndModelDoNotDiffer() throws {
        let environment = ProcessInfo.processInfo.environment
        let steps = environment["KIOSK_MODEL_STEPS"].flatMap(Int.init) ?? 6000
        let seed = environment["KIOSK_MODEL_SEED"].flatMap(UInt64.init) ?? 1
        let life = 500
        for first in stride(from: 0, to: steps, by: life) {
            let number = seed &+ UInt64(first / life)
            var walk = try QueueWalk(seed: number)
            defer { walk.discard() }
            do {
                try walk.run(steps: min(life, steps - first))
            } catch {
                Issue.record("KIOSK_MODEL_SEED=\(number): \(error)")
                return
            }
        }
        print("queue-model: steps=\(steps) differences=0 seed=\(seed)")
    }
}
