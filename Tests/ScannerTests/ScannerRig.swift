internal import Bench
internal import Dispatch
internal import DeviceLink
internal import FoundationEssentials
internal import Glibc
internal import KioskModel
internal import Scanner
internal import Testing

/// Everything that touches libsane stands below this suite: libsane isn't thread-safe and keeps SANE_CONFIG_DIR from its first start,
/// so that all tests share one configuration with SANE's `test` backend and the eSCL simulator, one after the other.
@Suite(.serialized, .scannerRig, .timeLimit(.minutes(1)))
struct ScannerTests {}

/// The scanners at hand during the suite.
struct ScannerRig: Sendable {
    @TaskLocal static var current: ScannerRig?

    let simulator: ESCLScannerSimulator

    /// The rig of the running suite: no driver open, its simulator as after a start, nothing loaded, nothing wrong.
    static func reset() async throws -> ScannerRig {
        let rig = try #require(current)
        await DriverThread.closeAll()
        await rig.simulator.release()
        await rig.simulator.unload()
        await rig.simulator.lay(onPlaten: nil)
        await rig.simulator.setCondition(.ready)
        return rig
    }

    /// A page of the synthetic proof, drawn once.
    static let page: Data? = try? SyntheticDocument(
        name: "王测试", number: "999999199001011233", address: "虚构市样例区测试路1号", page: 1, pageCount: 3
    ).jpeg()
}

extension Trait where Self == ScannerRigTrait {
    static var scannerRig: Self { Self() }
}

/// Starts the simulator for the length of the suite and points libsane at it and at the `test` backend.
struct ScannerRigTrait: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        let simulator = ESCLScannerSimulator()
        try await simulator.start()
        let directory = simulator.saneConfigDirectory
        try Data("test\nairscan\n".utf8).write(to: directory.appending(path: "dll.conf"))
        try Data("number_of_devices 1\ntest-picture \"Color pattern\"\n".utf8).write(to: directory.appending(path: "test.conf"))
        setenv("SANE_CONFIG_DIR", directory.path, 1)
        do {
            try await ScannerRig.$current.withValue(ScannerRig(simulator: simulator)) { try await function() }
        } catch {
            await DriverThread.closeAll()
            await simulator.stop()
            throw error
        }
        await DriverThread.closeAll()
        await simulator.stop()
    }
}

/// How one scan went, page by page.
struct ScanRun: Sendable {
    var pages: [PageImage] = []
    var files: [MemoryFile] = []
    /// Set when the command succeeded.
    var scanned: Int?
    var remedy: CitizenRemedy?
    var fault: DeviceFault?
    var cancelled = false
}

/// A driver on a thread of its own, as in kiosk-device.
final class DriverThread: @unchecked Sendable {
    // Unchecked: both are touched on the queue only.
    private var driver: ScannerDriver?
    private nonisolated(unsafe) static var open: [DriverThread] = []
    private static let queue = DispatchQueue(label: "scanner-driver")

    init(_ options: [String: String]) throws {
        let driver = try ScannerDriver(options: options)
        self.driver = driver
        Self.queue.async { Self.open.append(self) }
    }

    /// Lets every driver go, on the one thread that may talk to libsane, before the next one is made.
    static func closeAll() async {
        await withCheckedContinuation { continuation in
            queue.async {
                for thread in open { thread.driver = nil }
                open = []
                continuation.resume()
            }
        }
    }

    func poll() async -> DeviceStatus {
        await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: self.driver?.poll() ?? DeviceStatus(state: .absent)) }
        }
    }

    /// Scans; `onPage` is called for each page on the driver's thread, with the command, so that it can cancel.
    func scan(
        _ request: ScanRequest, within time: Duration = .seconds(60), started: (@Sendable (CommandContext) -> Void)? = nil,
        onPage: @escaping @Sendable (PageImage, CommandContext) -> Void = { _, _ in }
    ) async -> ScanRun {
        await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: self.run(request, time, started, onPage)) }
        }
    }

    private func run(
        _ request: ScanRequest, _ time: Duration, _ started: (@Sendable (CommandContext) -> Void)?,
        _ onPage: @escaping @Sendable (PageImage, CommandContext) -> Void
    ) -> ScanRun {
        let log = PageLog()
        let context = CommandContext(deadline: .now + time) { progress, files in
            guard case .page(let image) = progress else { return }
            log.append(image, files)
        }
        log.onPage = { [weak context] image in if let context { onPage(image, context) } }
        started?(context)
        var run = ScanRun()
        do {
            let reply = try #require(driver).perform(.scan(request), files: [], context: context)
            if case .scanned(let pages) = reply.result { run.scanned = pages }
        } catch let remedy as CitizenRemedy {
            run.remedy = remedy
        } catch let fault as DeviceFault {
            run.fault = fault
        } catch is CancellationError {
            run.cancelled = true
        } catch {
            Issue.record("the driver threw \(error), which no host understands")
        }
        run.pages = log.pages
        run.files = log.files
        return run
    }
}

/// Pages as they were reported. Unchecked: filled on the driver's thread while it runs, read after.
private final class PageLog: @unchecked Sendable {
    var pages: [PageImage] = []
    var files: [MemoryFile] = []
    var onPage: (PageImage) -> Void = { _ in }

    func append(_ image: PageImage, _ added: [MemoryFile]) {
        pages.append(image)
        files += added
        onPage(image)
    }
}
