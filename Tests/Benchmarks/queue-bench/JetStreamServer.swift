import Bench
import BenchLine
import Foundation
import Synchronization

/// A nats-server that keeps its streams on the disk that is measured, and has each write there before it acknowledges anything.
///
/// That is `sync_interval: always`, which Debian 12's nats-server (2.9) doesn't have yet. The file system does the same for every version: each write to a file below a
/// directory with the attribute S is on the disk when the call returns.
struct JetStreamServer {
    /// `nats://127.0.0.1:port`
    let url: String
    private let process: BenchProcess

    private static let program = "/usr/sbin/nats-server"
    /// What the server's log has before its address.
    private static let listening = "Listening for client connections on "

    /// Returns when it listens.
    static func start(in directory: URL) async throws -> JetStreamServer {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        let attribute = try await BenchProcess.start(.init("/usr/bin/chattr", ["+S", directory.path], environment: [:])) { _ in }
        guard await attribute.wait() == .exit(0) else {
            throw BenchFailure("the file system has no attribute S (chattr(1)); give --directory on another")
        }
        let configuration = directory.appending(path: "nats.conf")
        try Data("listen: \"127.0.0.1:-1\"\njetstream { store_dir: \"\(directory.path)\" }\n".utf8).write(to: configuration)
        let heard = Heard()
        let process = try await BenchProcess.start(.init(program, ["--config", configuration.path], environment: [:]), hearing: .milliseconds(100)) {
            heard.take($0)
        }
        do {
            let address = try await Poll.until("nats-server to listen", every: .milliseconds(5)) {
                let (address, last) = heard.said
                return address.map { .there($0) } ?? .notYet(last)
            }
            return JetStreamServer(url: "nats://\(address)", process: process)
        } catch {
            await process.stop()
            throw error
        }
    }

    func stop() async { await process.stop() }

    private final class Heard: Sendable {
        private let state = Mutex((address: String?.none, last: "nothing"))

        var said: (address: String?, last: String) { state.withLock { $0 } }

        func take(_ line: String) {
            state.withLock { state in
                state.last = line
                if let place = line.range(of: JetStreamServer.listening) { state.address = String(line[place.upperBound...]) }
            }
        }
    }
}
