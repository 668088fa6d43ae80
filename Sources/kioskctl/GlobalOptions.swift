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
    func answer<Answer: Report>(within deadline: Duration = .seconds(10), _ question: (LocalClient) async throws -> Answer) async throws {
        try print(try await ask(within: deadline, question))
    }

    /// Asks; exits with the code that fits when there is no answer.
    func ask<Answer>(within deadline: Duration = .seconds(10), _ question: (LocalClient) async throws -> Answer) async throws -> Answer {
        try await exiting { try await question(client(within: deadline)) }
    }

    func client(within deadline: Duration) -> LocalClient {
        LocalClient(socketPath: socket ?? ProcessInfo.processInfo.environment["KIOSK_SOCKET"] ?? Self.defaultSocket, deadline: deadline)
    }

    /// Prints an answer, and exits with the code that it deserves.
    func print(_ answer: some Report) throws {
        FileHandle.standardOutput.write(Data(try Renderer(format: format).render(answer).utf8))
        if answer.needsTechnician { throw Outcome.needsTechnician.exitCode }
    }

    /// Exits with the code that fits when `body` fails.
    func exiting<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as LocalClientError {
            FileHandle.standardError.write(Data("kioskctl: \(Table.printable("\(error)"))\n".utf8))
            throw Outcome(error).exitCode
        }
    }
}
