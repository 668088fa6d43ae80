public import Foundation
internal import Glibc

/// A private print server: Debian's own cupsd with one queue, which sends its jobs to a printer by IPP Everywhere. No root, no system directory.
///
/// Its spool lies in memory (`/dev/shm` is a tmpfs), as `Kiosk/cups` has it on a kiosk.
public actor PrintServer {
    public static let queue = "bench"
    public nonisolated let socket: URL
    /// Where the server keeps the documents of jobs that haven't ended.
    public nonisolated let spoolDirectory: URL
    private let directory: URL
    private let printerURI: String
    private let backendOptions: String
    private var daemon: ChildProcess?

    public enum Failure: Error, Equatable {
        /// `what` didn't get done; its log has these last lines.
        case failed(what: String, log: String)
    }

    /// What a kiosk's print server is told, wherever its directories lie: the same lines as in `Kiosk/cups/cupsd.conf`.
    public static let rules = """
        Browsing No
        WebInterface No
        PreserveJobFiles No
        PreserveJobHistory 300
        MaxJobs 50
        JobKillDelay 5
        ErrorPolicy abort-job
        PageLogFormat
        AccessLogLevel none
        IdleExitTimeout 0
        """

    /// `backendOptions` are the queue's own words behind its printer's address, as `?waitjob=false`.
    public init(printerURI: String, backendOptions: String = "") throws {
        self.printerURI = printerURI
        self.backendOptions = backendOptions
        let memory = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
        let base = access(memory.path(), W_OK) == 0 ? memory : FileManager.default.temporaryDirectory
        directory = base.appending(path: "cups-\(UUID().uuidString.prefix(8))", directoryHint: .isDirectory)
        socket = directory.appending(path: "s")
        spoolDirectory = directory.appending(path: "spool", directoryHint: .isDirectory)
        for name in ["root", "spool", "cache", "state", "tmp"] {
            try FileManager.default.createDirectory(at: directory.appending(path: name), withIntermediateDirectories: true)
        }
        // Filters run as another user, and keep their temporary files there.
        try FileManager.default.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: directory.appending(path: "tmp").path())
        try Data(configuration.utf8).write(to: directory.appending(path: "root/cupsd.conf"))
        try Data(files.utf8).write(to: directory.appending(path: "root/cups-files.conf"))
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Returns when the queue takes jobs. The printer must answer: what it can do is learnt from it.
    public func start() async throws {
        guard daemon == nil else { return }
        let log = directory.appending(path: "cupsd.out")
        let root = directory.appending(path: "root").path()
        let daemon = try await ChildProcess.launch(
            ["cupsd", "-f", "-c", root + "/cupsd.conf", "-s", root + "/cups-files.conf"], environment: environment, log: log)
        self.daemon = daemon
        do {
            try await wait(for: "cupsd", daemon) { access(self.socket.path(), W_OK) == 0 }
            try await run(["lpadmin", "-h", socket.path(), "-p", Self.queue, "-E", "-v", printerURI, "-m", "everywhere"])
            // Asked of the printer on a thread of cupsd's own: until then the queue can do nothing.
            let description = directory.appending(path: "root/ppd/\(Self.queue).ppd")
            try await wait(for: "cupsd", daemon) { FileManager.default.fileExists(atPath: description.path()) }
            // Not before: with them cupsd doesn't learn what the printer can do.
            if !backendOptions.isEmpty { try await run(["lpadmin", "-h", socket.path(), "-p", Self.queue, "-v", printerURI + backendOptions]) }
        } catch {
            await stop()
            throw error
        }
    }

    /// Ends it, filters and backends first. Jobs that haven't ended stay in the spool until ``start()``.
    public func stop() async {
        await daemon?.terminate(within: .seconds(10))
        await daemon?.stop()
        daemon = nil
    }

    /// Ends it for good and leaves nothing behind; a program that ends at once can't leave that to `deinit`.
    public func remove() async {
        await stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Documents that the server keeps, of jobs that wait, print, or weren't cleaned up.
    public nonisolated func spooledDocuments() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: spoolDirectory.path())) ?? []
        return names.filter { $0.hasPrefix("d") }.sorted()
    }

    /// Stops the queue, as an administrator does, or lets it print again.
    public func setPaused(_ isPaused: Bool) async throws {
        try await run([isPaused ? "cupsdisable" : "cupsenable", "-h", socket.path(), Self.queue])
    }

    private func run(_ words: [String]) async throws {
        let child = try await ChildProcess.launch(words, environment: environment, log: directory.appending(path: "cupsd.out"))
        try await wait(for: words[0], child) { child.hasEnded }
        guard child.hasSucceeded else { throw Failure.failed(what: words[0], log: lastLines) }
    }

    private func wait(for what: String, _ child: ChildProcess, until isDone: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !isDone() {
            guard ContinuousClock.now < deadline, !child.hasEnded else {
                await child.stop()
                throw Failure.failed(what: what, log: lastLines)
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private var lastLines: String {
        ["cupsd.out", "error_log"].map { name in
            String(((try? String(contentsOf: directory.appending(path: name), encoding: .utf8)) ?? "").suffix(500))
        }.joined(separator: "\n")
    }

    private nonisolated var environment: [String: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return ["PATH": path + ":/usr/sbin:/sbin", "HOME": directory.path(), "LANG": "C.UTF-8"]
    }

    private nonisolated var configuration: String {
        """
        Listen \(socket.path())
        \(Self.rules)
        LogLevel warn
        <Location />
        Order allow,deny
        Allow all
        </Location>
        <Policy default>
        <Limit All>
        Order deny,allow
        </Limit>
        </Policy>

        """
    }

    /// A server that is started by root gives its filters another user, and insists on it.
    private nonisolated var files: String {
        let (user, group) = geteuid() == 0 ? ("lp", "lp") : (NSUserName(), "\(getegid())")
        let path = directory.path()
        return """
            ServerRoot \(path)root
            RequestRoot \(path)spool
            CacheDir \(path)cache
            StateDir \(path)state
            TempDir \(path)tmp
            ErrorLog \(path)error_log
            AccessLog \(path)access_log
            PageLog \(path)page_log
            Printcap
            SystemGroup lpadmin
            User \(user)
            Group \(group)

            """
    }
}
