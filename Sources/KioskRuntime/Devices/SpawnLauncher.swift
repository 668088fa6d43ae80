internal import DeviceLink
internal import Glibc
internal import KioskModel
public import Logging
internal import Synchronization

/// Starts hosts as child processes of kioskd, each the leader of a process group of its own, with nothing inherited but three descriptors and a
/// short environment. What a host writes to its standard streams goes to the journal.
public struct SpawnLauncher: Launcher {
    private let executable: String
    private let logger: Logger
    private let quotas = Quotas()

    private final class Quotas: Sendable {
        private let known = Mutex<[String: HostJournal.Quota]>([:])

        func of(_ name: String) -> HostJournal.Quota {
            known.withLock { known in
                let quota = known[name] ?? HostJournal.Quota()
                known[name] = quota
                return quota
            }
        }
    }

    /// `executable` is the path of kiosk-device.
    public init(executable: String, logger: Logger = Logger(label: "device-host")) {
        self.executable = executable
        self.logger = logger
    }

    public func launch(_ spec: DeviceSpec, socketPath: String) async throws -> any LaunchedHost {
        let invocation = Invocation(executable: executable, spec: spec, socketPath: socketPath)
        var logger = logger
        logger[metadataKey: "device"] = "\(spec.name)"
        let journal = HostJournal(logger: logger, quota: quotas.of(spec.name))
        // The host asks to die with the thread that started it (PR_SET_PDEATHSIG), so that thread stays with it to the end.
        // A thread of the cooperative pool may go when it has been idle for a while, and would take the host along.
        return try await withCheckedThrowingContinuation { continuation in
            do {
                try BlockingThread.start("host-\(spec.name)") {
                    do {
                        let host = try SpawnedHost(invocation)
                        continuation.resume(returning: host)
                        host.attend(journal)
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

/// Command line and environment of one host.
struct Invocation: Sendable {
    let executable: String
    let arguments: [String]
    let environment: [String]

    init(executable: String, spec: DeviceSpec, socketPath: String) {
        self.executable = executable
        let options = spec.options.sorted { $0.key < $1.key }.flatMap { ["--option", "\($0.key)=\($0.value)"] }
        let pace = spec.pollInterval.map { ["--poll-interval", "\($0.wholeMilliseconds)"] } ?? []
        arguments = [executable, spec.name, "--class", spec.deviceClass.rawValue, "--socket", socketPath] + options + pace
        var variables: [String: String] = [:]
        for name in ["PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        variables.merge(spec.environment) { $1 }
        // A backtrace prints memory, and a host's memory holds what was read from a card.
        variables["SWIFT_BACKTRACE"] = "enable=no"
        environment = variables.map { "\($0.key)=\($0.value)" }
    }
}
