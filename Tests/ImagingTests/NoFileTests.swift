import DeviceLink
import Foundation
import Imaging
import Testing

/// What the worker handles must exist in memory alone. strace looks over its shoulder while it does everything it can.
@Suite("Nothing on disk")
struct NoFileTests {
    @Test("No file is opened for writing while pages, previews and receipts are made")
    func noFile() async throws {
        let trace = FileManager.default.temporaryDirectory.appending(path: "imaging-\(UUID().uuidString).strace")
        defer { try? FileManager.default.removeItem(at: trace) }
        await #expect(processExitsWith: .success) { [path = trace.path() as String] in
            // Not Foundation's Process: its child would inherit the test runner's blocked signals, and strace then never ends.
            let tracer = spawn([
                "strace", "-f", "-qq", "-s", "400", "-e", "trace=/^(open|creat|mkdir|mknod|rename|link|symlink|memfd_create)",
                "-o", path, "-p", "\(getpid())",
            ])
            let deadline = ContinuousClock.now + .seconds(20)
            while try String(contentsOfFile: "/proc/self/status", encoding: .utf8).contains("TracerPid:\t0") {
                guard ContinuousClock.now < deadline else { exit(2) }
                try await Task.sleep(for: .milliseconds(5))
            }
            let driver = try ImagingDriver(options: [:])
            let pages = [SyntheticPage(index: 0), SyntheticPage(index: 1, format: .gray8)]
            let files = try pages.map { try $0.file() }
            _ = try driver.perform(.assemblePDF(DocumentRequest(title: "t", pages: pages.map(\.image))), files: files, context: .unhurried())
            _ = try driver.perform(.renderPreview(page: pages[0].image, maxWidth: 100), files: [files[0]], context: .unhurried())
            _ = try driver.perform(.renderReceipt(ReceiptTests.content), files: [], context: .unhurried())
            kill(tracer, SIGTERM)
            var status: Int32 = 0
            waitpid(tracer, &status, 0)
        }
        let lines = try String(contentsOf: trace, encoding: .utf8).split(separator: "\n")
        #expect(lines.contains { $0.contains("memfd_create(\"kiosk-page\"") }, "the trace saw the work")
        let suspicious = lines.filter { line in
            guard !line.contains("memfd_create"), !line.contains(" = -1 ") else { return false }
            guard line.contains("open") else { return true }
            return ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE"].contains { line.contains($0) } && !line.contains("\"/dev/null\"")
        }
        // fontconfig may refresh its cache of the installed fonts: names of font files, nothing else.
        #expect(suspicious.filter { !$0.contains("fontconfig") } == [])
    }
}

/// Starts a tool with no signal blocked or ignored; exits the process when that fails.
private func spawn(_ words: [String]) -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var child: pid_t = 0
    guard posix_spawnp(&child, words[0], nil, &attributes, &arguments, environ) == 0 else { exit(3) }
    return child
}
