import ArgumentParser
import Foundation
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import ServiceLifecycle
import UnixSignals

/// The kiosk's real queue under load, composed as kioskd composes it, without flow and devices.
@main
struct QueueLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue-load",
        abstract: "Commits made-up submissions to a kiosk's outbox and delivers them, until it is stopped.",
        discussion: """
            Prints one line a fact, at once: `ready` when the outbox is open; `acknowledged REFERENCE` when a commit has returned, and \
            `refused REFERENCE CODE` when it threw; with --receipts `receipt REFERENCE CODE` behind each acknowledgement; `delivered ID` and \
            `rejected ID` as the platform decides; with --drain at the end `drained waiting=N delivered=N rejected=N`. The log goes to standard error.

            What a reference stands for follows from --seed and the reference alone; the references, from --seed and --run.

            Exit codes: 0 drained, or stopped by SIGTERM or SIGINT; 1 drained, but something waits that can never be delivered; 3 the disk or the \
            outbox failed, as `failed CODE` says; 64 usage; 78 credential.
            """)

    @Option(help: ArgumentHelp("The outbox's directory; made when missing.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("The kiosk's credential; its key lies beside it, in signing.pem.", valueName: "file"))
    var credential: String

    @Option(help: ArgumentHelp("The platform's address instead of the credential's.", valueName: "url"))
    var platform: String?

    @Option(help: "What the submissions are made of.")
    var seed: UInt64 = 1

    @Option(name: .customLong("run"), help: ArgumentHelp("Part of this start's references; by default the time of day.", valueName: "name"))
    var runName: String?

    @Option(help: "Commit only while fewer packets than this wait; 0 for no bound.")
    var backlog = 0

    @Option(help: ArgumentHelp("What the sealed files may take together; 0 for all that the disk holds.", valueName: "bytes"))
    var quota = 0

    @Option(
        help: ArgumentHelp(
            "Put the wall clock forth or back by the seconds in this file, which is read anew at each look at the clock.", valueName: "file"))
    var clock: String?

    @Flag(help: "Also print the code of each receipt, as a citizen is given it.")
    var receipts = false

    @Flag(help: "Commit nothing; deliver what waits and end.")
    var drain = false

    @Flag(help: "Commit nothing; deliver until stopped.")
    var idle = false

    func validate() throws {
        if drain && idle { throw ValidationError("--drain ends and --idle doesn't: choose one.") }
        if backlog < 0 { throw ValidationError("--backlog must be 0 or more.") }
        if quota < 0 { throw ValidationError("--quota must be 0 or more.") }
        if let clock, WallClock.seconds(in: clock) == nil { throw ValidationError("--clock: \(clock) doesn't hold a number of seconds.") }
        if let platform, URL(string: platform) == nil { throw ValidationError("--platform is not a URL.") }
    }

    func run() async throws {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        let logger = Logger(label: "queue-load")
        var credential: KioskCredential
        let signer: KioskPrivateKey
        do {
            let file = URL(fileURLWithPath: self.credential)
            credential = try KioskCredential(contentsOf: file)
            signer = try KioskPrivateKey(contentsOf: KioskPrivateKey.place(beside: file))
        } catch {
            logger.critical("can't use the credential", metadata: ["cause": "\(error)"])
            throw ExitCode(78)
        }
        credential.platformURL = platform.flatMap(URL.init(string:)) ?? credential.platformURL
        do {
            try await work(with: credential, signer, logger: logger)
        } catch let exit as ExitCode {
            throw exit
        } catch {
            say("failed \((error as? OutboxError)?.code.rawValue ?? "\(type(of: error))")")
            logger.critical("stopped", metadata: ["cause": "\(error)"])
            throw ExitCode(3)
        }
    }

    private func work(with credential: KioskCredential, _ signer: KioskPrivateKey, logger: Logger) async throws {
        let limits = OutboxLimits(quota: quota > 0 ? quota : nil)
        let store = OutboxStore(try Outbox(directory: URL(fileURLWithPath: data), limits: limits, logger: logger))
        let keys = try PlatformKeys(credential: credential, directory: URL(fileURLWithPath: data), logger: logger)
        let uplink = try PlatformLink(credential: credential)
        let clock = WallClock(file: clock)
        // A round of a rig is shorter than the pauses that a kiosk makes.
        let delivery = DeliveryService(
            store: store, uplink: uplink, backoff: Backoff(shortest: .milliseconds(20), longest: .milliseconds(200)), now: { clock.now },
            logger: logger)
        let report = DeliveryReport(delivery: delivery, store: store, endsWhenDrained: drain)
        let watch = PlatformWatch(
            link: uplink, keys: keys, store: store, delivery: delivery, interval: .milliseconds(500), logger: logger)
        // Nothing is drained that the platform has lost.
        if drain { await watch.look() }
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: uplink),
            .init(service: report, successTerminationBehavior: .gracefullyShutdownGroup),
            .init(service: delivery),
            .init(service: OutboxVerifier(store: store, logger: logger)),
            .init(service: watch),
        ]
        if !drain, !idle {
            let writer = LoadWriter(
                seed: seed, run: runName ?? String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36), kiosk: credential.kiosk,
                sealer: SubmissionSealer(key: { keys.current }, signer: signer, store: store), store: store,
                delivery: delivery, clock: clock, backlog: backlog, saysReceipts: receipts)
            services.append(.init(service: writer))
        }
        var group = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(5)
        group.maximumCancellationDuration = .seconds(5)
        say("ready")
        try await ServiceGroup(configuration: group).run()
        if drain { try await report.conclude() }
    }
}

/// One line on standard output. Straight to the descriptor: what was said before a kill must have been said.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    guard write(1, bytes, bytes.count) == bytes.count else { exit(74) }
}
