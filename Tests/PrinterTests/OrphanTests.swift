import Bench
import Foundation
import Testing

@Suite("A bench that is killed", .timeLimit(.minutes(1)))
struct OrphanTests {
    @Test("kill -9 of the process that started the printer takes printer and bus with it")
    func killed() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "printer-orphan-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: directory) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path() as String] in
            let simulator = try IPPPrinterSimulator(directory: URL(filePath: path))
            try await simulator.start()
            guard processes(naming: path).count >= 2 else { exit(1) }
            kill(getpid(), SIGKILL)
        }
        try await eventually { processes(naming: directory.path()).isEmpty }
    }
}
