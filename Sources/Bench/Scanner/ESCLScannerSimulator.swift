public import FoundationEssentials

/// A network scanner that Debian's sane-airscan talks to: eSCL (AirPrint scan, Mopria) over HTTP on loopback, fed with JPEG pictures.
///
/// It writes a private SANE configuration that knows this one scanner, with discovery, console log and protocol trace off: a trace would
/// put pages on the disk. Set `SANE_CONFIG_DIR` to ``saneConfigDirectory`` for the process that scans.
public actor ESCLScannerSimulator {
    /// How the feeder is.
    public enum Condition: Sendable {
        case ready, jam, coverOpen
    }

    /// What happens to a page instead of being scanned.
    public enum PageFailure: Sendable {
        /// It gets stuck: the condition becomes `.jam`.
        case jam
        /// Somebody opens the lid: the condition becomes `.coverOpen`.
        case coverOpen
        /// The scanner answers 500 once; the feeder says all is well.
        case serverError
    }

    /// Instance name in the SANE device name.
    public static let name = "Virtual"

    /// dots per inch of the pictures that are loaded
    public let nativeResolution: Int
    /// Holds `dll.conf` and `airscan.conf`; exists between ``start()`` and ``stop()``, even while the scanner is off.
    public nonisolated let saneConfigDirectory: URL
    /// What `scanimage -d` and the driver option `device` take.
    public nonisolated let saneDeviceName = "airscan:e0:\(ESCLScannerSimulator.name)"

    /// Loopback port; 0 before the first start, kept from then on, so that a scanner that was off comes back where it was.
    public private(set) var port = 0
    /// Where the plug can be pulled: the requests of one scan, in order.
    public enum Step: String, Sendable, CaseIterable {
        case capabilities, status, job, page, delete
    }

    /// One sheet of paper in the feeder.
    struct Sheet {
        var front: Data
        /// nil: nothing stands on it
        var back: Data?
    }

    /// Sheets that lie in the feeder.
    public var pagesLoaded: Int { feeder.count }
    /// Pages handed out since the start.
    public private(set) var pagesServed = 0
    /// Jobs that the client ended with DELETE.
    public private(set) var jobsDeleted = 0

    private var condition = Condition.ready
    private var feeder: [Sheet] = []
    /// The back of the sheet whose front was handed out last, for a job of both sides.
    private var turned: Data?
    private var pullAt: Step?
    private var platen: Data?
    private var failure: (after: Int, PageFailure)?
    private var holdAfter: Int?
    private var held: [(job: Int, answer: CheckedContinuation<Void, Never>)] = []
    private var watchers: [CheckedContinuation<Void, Never>] = []
    private var jobs: [Int: (settings: ESCLSettings, served: Int)] = [:]
    private var lastJob = 0
    private var server: Task<Void, any Error>?
    /// The plug has been pulled, and the server is on its way down.
    private var isFalling = false
    /// That way, when it pulled the plug itself.
    private var fall: Task<Void, Never>?

    /// - Parameter nativeResolution: of the pictures that will be loaded, dots per inch; others are served scaled.
    public init(nativeResolution: Int = 200) {
        self.nativeResolution = nativeResolution
        saneConfigDirectory = FileManager.default.temporaryDirectory.appending(path: "kiosk-bench-scanner-\(UUID().uuidString)")
    }

    /// Switches the scanner on and writes the SANE configuration. Throws when the port is taken or the directory can't be written.
    public func start() async throws {
        try await switchOn()
        try writeConfiguration()
    }

    /// Switches the scanner off and removes the configuration.
    public func stop() async {
        await switchOff()
        try? FileManager.default.removeItem(at: saneConfigDirectory)
    }

    /// Listens, at the port of before if there was one.
    public func switchOn() async throws {
        // One that pulled its own plug may still be on its way down, and would take this start along.
        await fall?.value
        fall = nil
        guard server == nil else { return }
        let (running, task) = serve()
        server = task
        for try await bound in running {
            port = bound
            break
        }
    }

    /// Answers nobody any more; what was held is let go, jobs are forgotten, pages stay where they lie.
    public func switchOff() async {
        release()
        server?.cancel()
        _ = await server?.result
        server = nil
        isFalling = false
        jobs = [:]
    }

    // MARK: Playing citizen

    /// Puts sheets printed on one side into the feeder, after those that still lie there.
    public func load(pages: [Data]) {
        feeder += pages.map { Sheet(front: $0) }
    }

    /// Puts sheets into the feeder; `nil` is a side with nothing on it.
    public func load(sheets: [(front: Data, back: Data?)]) {
        feeder += sheets.map { Sheet(front: $0.front, back: $0.back) }
    }

    /// Takes everything out of the feeder.
    public func unload() {
        feeder = []
        turned = nil
    }

    /// Pulls its own plug when a client gets to that step.
    public func unplug(at step: Step) {
        pullAt = step
    }

    public var isPlugged: Bool { server != nil && !isFalling }

    /// Lays a page on the glass, or takes it away.
    public func lay(onPlaten page: Data?) {
        platen = page
    }

    public func setCondition(_ condition: Condition) {
        self.condition = condition
    }

    /// Makes one page fail, the one after `pages` good ones.
    public func failPage(after pages: Int = 0, with failure: PageFailure) {
        self.failure = (pages, failure)
    }

    /// After `pages` more, a request for a page is held open without an answer, as by a scanner that hangs,
    /// until ``release()`` or the end of its job.
    public func stall(after pages: Int = 0) {
        holdAfter = pages
    }

    /// Answers what was held.
    public func release() {
        holdAfter = nil
        for request in held { request.answer.resume() }
        held = []
    }

    /// Returns once a request for a page is being held.
    public func heldRequest() async {
        guard held.isEmpty else { return }
        await withCheckedContinuation { watchers.append($0) }
    }

    // MARK: What the protocol sees

    /// Each request says first where it has come to. Throws where the plug is pulled: no answer is given any more.
    func reached(_ step: Step) async throws {
        if isFalling { throw Unplugged() }
        guard pullAt == step else { return }
        pullAt = nil
        isFalling = true
        fall = Task { await self.switchOff() }
        // The answer never comes: the connection breaks first.
        try await Task.sleep(for: .seconds(60))
        throw Unplugged()
    }

    struct Unplugged: Error {}

    /// eSCL's `AdfState`. The words are those that sane-airscan 0.99.27 understands: it doesn't know the specification's `ScannerAdfHatchOpen`.
    var adfState: String {
        switch condition {
        case .jam: "ScannerAdfJam"
        case .coverOpen: "ScannerAdfDoorOpen"
        case .ready: feeder.isEmpty ? "ScannerAdfEmpty" : "ScannerAdfLoaded"
        }
    }

    /// A new job's number; nil when the feeder isn't ready, or nothing lies where the job wants to scan from.
    func open(_ settings: ESCLSettings) -> Int? {
        guard condition == .ready else { return nil }
        guard settings.feeder ? !feeder.isEmpty : platen != nil else { return nil }
        lastJob += 1
        turned = nil
        jobs[lastJob] = (settings, 0)
        return lastJob
    }

    func delete(_ job: Int) -> Bool {
        guard jobs.removeValue(forKey: job) != nil else { return false }
        jobsDeleted += 1
        // A page being waited for will not come any more.
        for request in held where request.job == job { request.answer.resume() }
        held.removeAll { $0.job == job }
        return true
    }

    enum Page {
        case picture(Data)
        case noMore
        case notReady
        case broken
    }

    /// The next picture of a job, in its mode and resolution.
    func nextPage(of job: Int) async throws -> Page {
        // Only living jobs count: a client may still ask for a page of one that it has just deleted.
        if let after = holdAfter, jobs[job] != nil {
            if after == 0 {
                for watcher in watchers { watcher.resume() }
                watchers = []
                await withCheckedContinuation { held.append((job, $0)) }
            } else {
                holdAfter = after - 1
            }
        }
        guard let (settings, served) = jobs[job] else { return .noMore }
        guard condition == .ready else { return .notReady }
        let back = settings.duplex ? turned : nil
        guard let page = back ?? (settings.feeder ? feeder.first?.front : (served == 0 ? platen : nil)) else { return .noMore }
        var fails: PageFailure?
        if let (after, what) = failure {
            fails = after == 0 ? what : nil
            failure = after == 0 ? nil : (after - 1, what)
        }
        switch fails {
        case .jam:
            condition = .jam
            return .notReady
        case .coverOpen:
            condition = .coverOpen
            return .notReady
        case .serverError:
            return .broken
        case nil:
            break
        }
        turned = nil
        if settings.feeder, back == nil {
            let sheet = feeder.removeFirst()
            if settings.duplex { turned = try sheet.back ?? blankSide() }
        }
        jobs[job]?.served += 1
        pagesServed += 1
        let exact = settings.resolution == nativeResolution && !settings.gray
        let picture = exact ? page : try ScannerPicture.convert(page, from: nativeResolution, to: settings.resolution, gray: settings.gray)
        return .picture(picture)
    }

    private var blank: Data?

    private func blankSide() throws -> Data {
        if let blank { return blank }
        let side = try SyntheticSheet(.blank).jpeg(resolution: nativeResolution)
        blank = side
        return side
    }

    private func writeConfiguration() throws {
        try FileManager.default.createDirectory(at: saneConfigDirectory, withIntermediateDirectories: true)
        try Data("airscan\n".utf8).write(to: saneConfigDirectory.appending(path: "dll.conf"))
        let configuration = """
            [devices]
            "\(Self.name)" = http://127.0.0.1:\(port)/eSCL, eSCL
            [options]
            discovery = disable
            ws-discovery = off
            [debug]
            enable = false

            """
        try Data(configuration.utf8).write(to: saneConfigDirectory.appending(path: "airscan.conf"))
    }
}
