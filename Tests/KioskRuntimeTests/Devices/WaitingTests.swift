@testable import KioskRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WaitingTests {
    struct Refused: Error {}

    @Test func workThatEndsIsWaitedFor() async {
        guard case .done(.success(7)) = await Waiting.for({ 7 }, until: .now + .seconds(50)) else {
            Issue.record("not waited for")
            return
        }
        guard case .done(.failure(let error)) = await Waiting<Int>.for({ throw Refused() }, until: .now + .seconds(50)) else {
            Issue.record("not waited for")
            return
        }
        #expect(error is Refused)
    }

    /// Whoever stops waiting is told of the end all the same, once.
    @Test(arguments: [true, false])
    func workThatHangsHoldsNobody(isCancelled: Bool) async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (orphans, orphan) = AsyncStream.makeStream(of: Int.self)
        let waiting = Task {
            await Waiting.for(
                {
                    for await _ in gate { break }
                    return 7
                }, until: .now + (isCancelled ? .seconds(50) : .milliseconds(20)), orphan: { orphan.yield((try? $0.get()) ?? 0) })
        }
        if isCancelled { waiting.cancel() }
        switch await waiting.value {
        case .late: #expect(!isCancelled)
        case .cancelled: #expect(isCancelled)
        case .done: Issue.record("nothing was done")
        }
        opener.yield()
        for await end in orphans {
            #expect(end == 7)
            break
        }
    }
}
