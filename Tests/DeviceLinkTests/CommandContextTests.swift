import DeviceLink
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct CommandContextTests {
    @Test func `A pause is over as soon as the command is cancelled`() {
        let context = CommandContext(deadline: .now + .seconds(600)) { _, _ in }
        Thread.detachNewThread { context.cancel() }
        #expect(throws: CancellationError.self) { try context.pause(.seconds(600)) }
        #expect(throws: CancellationError.self) { try context.pause(.zero) }
        #expect(context.isCancelled)
    }

    @Test func `A pause lasts as long as it should, and not beyond the deadline`() throws {
        let began = ContinuousClock.now
        try CommandContext(deadline: began + .seconds(600)) { _, _ in }.pause(.milliseconds(30))
        #expect(began.duration(to: .now) >= .milliseconds(30))
        try CommandContext(deadline: .now + .milliseconds(30)) { _, _ in }.pause(.seconds(600))
    }
}
