import Bench
public import Foundation
import Glibc
import Synchronization

/// A disk that forgets, on a cut, what was never fsynced: forgetfs, mounted. What it forgets and what it doesn't: Tests/Rigs/forgetfs/README.md.
///
/// One life of the disk is `mount`, work, `cut`, `waitForCut`, the end of the processes that used it, `recover`; then work again.
/// Everything it has lies in its directory. It dies with this process; a mount left behind by a killed process goes with the next `mount`.
public final class ForgettingDisk: Sendable {
    public enum Problem: Error, CustomStringConvertible {
        case pathTooLong(String)
        case noDirectory(String, errno: Int32)
        case didNotMount(String)
        case stillMounted(String)
        case notMounted
        case lost(String)

        public var description: String {
            switch self {
            case .pathTooLong(let path): "\(path) is too long a path for a Unix socket (107 bytes): choose a shorter directory"
            case .noDirectory(let path, let errno): "\(path) can't be made: \(String(cString: strerror(errno)))"
            case .didNotMount(let output): "forgetfs didn't mount: \(output)"
            case .stillMounted(let path): "\(path) is still mounted, and fusermount3 -u -z doesn't take it away"
            case .notMounted: "the disk isn't mounted: call mount() first"
            case .lost(let output): "forgetfs ended by itself: \(output)"
            }
        }
    }

    private struct State {
        var process: BenchProcess?
        var output = ""
    }

    private let directory: URL
    private let executable: String
    private let control: DiskControl
    private let state = Mutex(State())

    /// Makes the directory and what it needs in it; `backing` there holds the files between two mounts.
    /// - Throws: `Problem.pathTooLong`, `Problem.noDirectory`, `BenchLayout.Problem` when forgetfs isn't built, what Foundation throws
    public init(directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // As the kernel's table of mounts names it.
        self.directory = directory.resolvingSymlinksInPath()
        executable = try BenchLayout.built("forgetfs")
        control = DiskControl(socket: self.directory.appending(path: "control").path)
        guard control.socket.utf8.count <= 107 else { throw Problem.pathTooLong(control.socket) }
        for name in ["backing", "mount"] {
            // Not asked whether it is there: a mount left behind by a killed process answers nobody.
            let path = self.directory.appending(path: name).path
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Problem.noDirectory(path, errno: errno) }
        }
    }

    /// Where the disk's users put their files.
    public var mountPoint: URL { directory.appending(path: "mount") }

    /// Mounts what the directory holds; everything in it counts as synced.
    /// - Throws: `Problem.didNotMount` with what forgetfs said
    public func mount() async throws {
        try await unmount()
        let command = BenchProcess.Command(
            executable, ["--backing", directory.appending(path: "backing").path, "--control", control.socket, mountPoint.path],
            environment: ProcessInfo.processInfo.environment)
        state.withLock { $0.output = "" }
        let process = try await BenchProcess.start(command) { [self] bytes in
            state.withLock { $0.output += String(decoding: bytes, as: UTF8.self) }
        }
        state.withLock { $0.process = process }
        let up: Bool = try await Poll.until("forgetfs mounts \(mountPoint.path)") {
            if state.withLock({ $0.output.contains("ready\n") }) { return .there(true) }
            return process.end == nil ? .notYet("it isn't ready") : .there(false)
        }
        guard up else {
            state.withLock { $0.process = nil }
            throw Problem.didNotMount(state.withLock { $0.output })
        }
    }

    /// Arms the cut. From it on every operation fails with EIO.
    /// - Parameters:
    ///   - afterOperations: mutating and syncing operations that still happen; 0 cuts now
    ///   - seed: the same operations and the same seed leave the same
    public func cut(afterOperations: Int, seed: UInt64) async throws {
        _ = try await ask("cut after=\(max(0, afterOperations)) seed=\(seed)")
    }

    /// - Parameter deadline: gives up after this long without a cut, with `Poll.Missed`
    /// - Returns: what was lost
    public func waitForCut(deadline: Duration = .seconds(60)) async throws -> ForgettingCut {
        let found: Result<ForgettingCut, any Error> = try await Poll.until("the cut", deadline: deadline) {
            do {
                let status = try await status()
                return status["cut"] == 1 ? .there(.success(ForgettingCut(status))) : .notYet("\(status["operations"] ?? 0) operations")
            } catch {
                return .there(.failure(error))
            }
        }
        return try found.get()
    }

    /// Mutating and syncing operations since the mount: what `cut(afterOperations:)` counts.
    public func operations() async throws -> Int { try await status()["operations"] ?? 0 }

    /// Mounts again with what survived. The processes that used the disk are dead.
    public func recover() async throws { try await mount() }

    public func add(_ rule: DiskRule) async throws { _ = try await ask(rule.line) }

    /// What the removed rules did stays: a page that a failing fsync dropped is gone.
    public func clearRules() async throws { _ = try await ask("clear") }

    /// Without a cut nothing is forgotten. Files still open on the disk can't be used any more. Does nothing when it isn't mounted.
    /// - Throws: `Problem.stillMounted`
    public func unmount() async throws {
        let process = state.withLock { state in
            defer { state.process = nil }
            return state.process
        }
        await process?.stop()
        guard isMounted else { return }
        // forgetfs was killed: its watcher takes the mount away in a moment, or never did it start.
        let command = BenchProcess.Command("/usr/bin/fusermount3", ["-u", "-z", mountPoint.path], environment: [:])
        _ = await (try BenchProcess.start(command) { _ in }).wait()
        guard !isMounted else { throw Problem.stillMounted(mountPoint.path) }
    }

    /// `/proc/self/mounts` escapes white space and backslashes only, which `escaped` does too.
    private var isMounted: Bool {
        let escaped = mountPoint.path.map { " \t\n\\".contains($0) ? "\\0" + String($0.asciiValue ?? 0, radix: 8) : String($0) }.joined()
        guard let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) else { return false }
        return mounts.split(separator: "\n").contains { $0.split(separator: " ").dropFirst().first.map(String.init) == escaped }
    }

    private func status() async throws -> [String: Int] {
        let pairs = try await ask("status").split(separator: " ").map { $0.split(separator: "=") }
        return Dictionary(pairs.compactMap { pair in pair.count == 2 ? Int(pair[1]).map { (String(pair[0]), $0) } : nil }) { $1 }
    }

    private func ask(_ request: String) async throws -> String {
        let (process, output) = state.withLock { ($0.process, $0.output) }
        guard let process else { throw Problem.notMounted }
        guard process.end == nil else { throw Problem.lost("\(process.end.map(\.description) ?? "") \(output)") }
        return try await control.ask(request)
    }
}
