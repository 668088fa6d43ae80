import ArgumentParser
import Foundation
import LocalAPI

/// What every verb takes, and the one way from question to output and exit code.
struct GlobalOptions: ParsableArguments {
    static let defaultSocket = "/run/kiosk/control.sock"

    @Option(help: "kioskd's control socket. (default: KIOSK_SOCKET, else \(Self.defaultSocket))", completion: .file())
    var socket: String?

    @Option(help: "How to print the answer.")
    var format: Format = .table

    /// Asks, prints the answer, and exits with the code that it deserves.
    func answer<Answer: Report>(_ question: (LocalClient) async throws -> Answer) async throws {
        let path = socket ?? ProcessInfo.processInfo.environment["KIOSK_SOCKET"] ?? Self.defaultSocket
        let answer: Answer
        do {
            answer = try await question(LocalClient(socketPath: path))
        } catch let error as LocalClientError {
            FileHandle.standardError.write(Data("kioskctl: \(Table.printable("\(error)"))\n".utf8))
            throw Outcome(error).exitCode
        }
        FileHandle.standardOutput.write(Data(try Renderer(format: format).render(answer).utf8))
        if answer.needsTechnician { throw Outcome.needsTechnician.exitCode }
    }
}
