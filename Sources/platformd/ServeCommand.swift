import ArgumentParser
import Foundation
import Logging
import Platform
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the API until SIGTERM or SIGINT.",
        discussion: """
            Prints "platformd: listening on URL" to standard output once it answers; the log goes to standard error.
            TLS is the business of a proxy in front.
            """)

    @Option(name: .customLong("data"), help: ArgumentHelp("Directory for database, keys and sealed packets; made when missing.", valueName: "dir"))
    var dataPath: String

    @Option(name: .customLong("catalogue"), help: ArgumentHelp("Directory with the service items.", valueName: "dir"))
    var cataloguePath: String

    @Option(help: "Address to bind.")
    var host = "127.0.0.1"

    @Option(help: "Port to bind; 0 takes any free one.")
    var port = 8480

    @Option(help: "Least level to log: trace, debug, info, notice, warning, error, critical.")
    var logLevel = "info"

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
        guard Logger.Level(rawValue: logLevel) != nil else { throw ValidationError("--log-level does not know \(logLevel).") }
    }

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "platformd")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        let server = try PlatformServer(
            configuration: PlatformConfiguration(
                data: URL(fileURLWithPath: dataPath), catalogue: URL(fileURLWithPath: cataloguePath), host: host, port: port),
            logger: logger,
            onRunning: { url in try? printLine("platformd: listening on \(url.absoluteString)") })
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
