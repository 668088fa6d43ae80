import ArgumentParser
import Foundation
import KioskRuntime
import Logging
import Outbox
import ServiceLifecycle
import UnixSignals

/// The kiosk's daemon. Exit codes: 0 after SIGTERM or SIGINT, 64 wrong usage, 75 ended in order because the battery was about to end, 78 wrong configuration, 70 everything else.
@main
struct Kioskd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kioskd",
        abstract: "Runs a 24-hour self-service government kiosk.",
        discussion: """
            Serves the touchscreen on the loopback interface and kioskctl on a Unix socket, runs the device hosts, and delivers what citizens \
            submitted to the platform.

            Exit codes: 0 stopped by SIGTERM or SIGINT, 64 usage, 75 stopped in order before the battery ended, 78 configuration, 70 other.
            """)

    @Option(help: ArgumentHelp("Configuration file (YAML); docs/configuration.md lists its keys.", valueName: "file"))
    var config = "/etc/kiosk/kiosk.yaml"

    @Option(
        help: "Least severe log line written to standard error: trace, debug, info, notice, warning, error, critical.",
        transform: { name in
            guard let level = Logger.Level(rawValue: name) else { throw ValidationError("There is no log level \(name).") }
            return level
        })
    var logLevel = Logger.Level.info

    func run() async throws {
        let level = logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "kioskd")
        let kiosk: Kiosk
        do {
            kiosk = try Kiosk(configuration: ConfigurationFile.load(config), logger: logger)
        } catch let error as OutboxError {
            // A disk that is full or an outbox that another process still holds mends itself or is mended: starting again is right.
            logger.critical("can't start", metadata: ["cause": "\(error)"])
            throw ExitCode(70)
        } catch {
            logger.critical("can't start", metadata: ["cause": "\(error)"])
            throw ExitCode(78)
        }
        do {
            guard try await kiosk.run() == .power else { return }
        } catch {
            logger.critical("stopped", metadata: ["cause": "\(error)"])
            throw ExitCode(70)
        }
        // Wanted: the unit says SuccessExitStatus=75. It is started again all the same, should the machine stay on.
        logger.notice("stopped before the battery ends")
        throw ExitCode(75)
    }
}
