import Foundation
public import LocalAPI

/// kioskd with no device but the imaging worker: for who looks at the daemon and its queue, not at citizens.
public struct BareKiosk: Sendable {
    public let local: LocalClient
    private let command: BenchProcess.Command
    private let log: ProcessLog

    /// Writes its configuration; nothing runs yet. Its queue lies in the layout's `kioskData`, and it was enrolled with the layout's credential.
    /// - Parameters:
    ///   - kiosk: its enrolment name
    ///   - platformPort: where the platform is, or will be
    public init(_ kiosk: String, layout: BenchLayout, platformPort: Int, log: ProcessLog) throws {
        self.log = log
        local = LocalClient(socketPath: layout.controlSocket.path, deadline: .seconds(5))
        command = BenchProcess.Command(
            layout.executable("kioskd"), ["--config", layout.kioskConfiguration.path, "--log-level", "warning"], environment: layout.environment)
        let files = layout.kiosk
        try KioskConfigurationFile(
            kiosk: kiosk, dataDirectory: layout.kioskData.path, runtimeDirectory: layout.runtime.path,
            web: .init(
                directory: files.appending(path: "web").path, strings: files.appending(path: "strings").path, port: try FreePort.pick()),
            catalogue: files.appending(path: "catalogue").path,
            platform: .init(credential: layout.credential.path, url: "http://127.0.0.1:\(platformPort)"),
            deviceHost: layout.executable("kiosk-device"), devices: [.init(name: "imaging", class: "imaging")], queue: .init(reserve: 0)
        ).write(to: layout.kioskConfiguration)
    }

    /// Starts it, and returns as soon as it is ready: when it tells a technician how it stands. Throws `Poll.Missed` when it doesn't.
    public func start() async throws -> BenchProcess {
        let process = try await BenchProcess.start(command) { [log] in log.append($0, from: "kioskd") }
        do {
            _ = try await Poll.until("kioskd to be ready", every: .milliseconds(1)) {
                .there(try await local.status())
            }
            return process
        } catch {
            await process.stop()
            throw error
        }
    }
}
