import Bench
import ForgettingDisk
import Foundation

/// A disk of a test's own.
enum DiskBed {
    static func withDisk<Value>(_ body: (ForgettingDisk, String) async throws -> Value) async throws -> Value {
        let root = try BenchLayout.temporaryRoot()
        let disk = try ForgettingDisk(directory: root)
        let result: Result<Value, any Error>
        do {
            try await disk.mount()
            result = .success(try await body(disk, disk.mountPoint.path))
        } catch {
            result = .failure(error)
        }
        try await disk.unmount()
        try FileManager.default.removeItem(at: root)
        return try result.get()
    }

    /// What a test saw after the cut of one seed.
    struct Outcome<Seen> {
        var seed: UInt64
        var cut: ForgettingCut
        var seen: Seen
    }

    /// For each seed: `before` in a fresh, durable directory, the cut, the recovery, and what `after` finds in the directory.
    static func outcomes<Seen>(
        seeds: Range<UInt64> = 0..<24, before: (String) throws -> Void, after: (String) throws -> Seen
    ) async throws -> [Outcome<Seen>] {
        try await withDisk { disk, mount in
            var outcomes: [Outcome<Seen>] = []
            for seed in seeds {
                let directory = "\(mount)/\(seed)"
                try FileCalls.makeDirectory(directory)
                try FileCalls.fsync(mount)
                try before(directory)
                try await disk.cut(afterOperations: 0, seed: seed)
                let cut = try await disk.waitForCut()
                try await disk.recover()
                outcomes.append(Outcome(seed: seed, cut: cut, seen: try after(directory)))
            }
            return outcomes
        }
    }
}
