import Bench
import DeviceLink
import Foundation
import KioskModel
import Printer
import Synchronization
import Testing

@Suite("Handing a job in", .serialized, .timeLimit(.minutes(2)))
struct HandingInTests {
    @Test("Look, job and document share one connection, where the printer keeps it", arguments: [false, true])
    func connections(keepsNone: Bool) async throws {
        try await withPrinter { printer in
            let driver = try Driver(options: ["uri": printer.uri])
            #expect(driver.driver.poll().state == .ready)
            printer.setKeepsNone(keepsNone)
            let before = printer.connections
            let handedIn = Mutex<Int?>(nil)
            let context = CommandContext(deadline: .now + .seconds(60)) { _, _ in handedIn.withLock { $0 = $0 ?? printer.connections } }
            let document = try pdf()
            let reply = try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try driver.print(document, PrintRequest(title: "CK-000001"), context: context) })
                }
            }
            #expect(reply.result == .printed(sheets: 1))
            #expect(handedIn.withLock(\.self) == before + (keepsNone ? 3 : 1))
        }
    }
}
