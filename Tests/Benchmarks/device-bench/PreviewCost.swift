import Bench
import BenchLine
import Foundation
import KioskModel
import LocalAPI
import Synchronization

/// What the camera's live picture costs on its way to the page, processor time of the camera's host and of kioskd together, and whether every frame
/// arrives as the camera made it. 720p, 15 frames a second. The peers are that limit, and
/// two `cat` in a row that copy the same frames at the same pace.
struct PreviewCost {
    let seconds: Int

    /// What the camera sent, by number.
    private final class Sent: Sendable {
        let frames = Mutex<[Int: Data]>([:])
    }

    private struct Seen {
        var first: Int?
        var last = -1
        var count = 0
        var changed = 0
        var missing: Int { first.map { last - $0 + 1 - count } ?? 0 }
    }

    func run() async throws -> [BenchLine] {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: false), traced: false)
        do {
            try kiosk.camera.prepare(.init(width: 1280, height: 720))
            try await kiosk.start()
            let lines = try await measure(kiosk)
            await kiosk.stop()
            return lines
        } catch {
            await kiosk.stop()
            throw error
        }
    }

    private func measure(_ kiosk: VirtualKiosk) async throws -> [BenchLine] {
        guard let citizen = SyntheticCitizen.named("resident") else { throw BenchFailure("there is no citizen resident") }
        let host = try await kiosk.local.devices().first { $0.name == "document-camera" }?.pid
        guard let host, let kioskd = IdleCost.parent(of: host) else { throw BenchFailure("the camera has no host") }
        let sent = Sent()
        kiosk.camera.watch { number, frame in sent.frames.withLock { $0[Int(number)] = frame } }
        let visit = try await CameraVisit.begin(kiosk, citizen: citizen)
        var seen = Seen()
        var before: (began: ContinuousClock.Instant, used: Duration)?
        let needed: Duration = .seconds(seconds)
        var cost = 0.0
        try await visit.look { number, frame in
            if sent.frames.withLock({ $0[number] }) != frame { seen.changed += 1 }
            guard let start = before else {
                // From the first frame on; what it takes to get there isn't the picture's.
                before = (.now, try ProcessorTime.of(host) + ProcessorTime.of(kioskd))
                (seen.first, seen.last, seen.count) = (number, number, 1)
                return true
            }
            seen.last = number
            seen.count += 1
            let span = start.began.duration(to: .now)
            guard span >= needed else { return true }
            cost = (try ProcessorTime.of(host) + ProcessorTime.of(kioskd) - start.used) / span * 100
            return false
        }
        try await visit.leave()
        guard seen.count >= seconds * 10 else { throw BenchFailure("\(seen.count) frames came in \(seconds) seconds") }
        let peer = try await copying(Array(sent.frames.withLock { $0.values }.prefix(seen.count)))
        return [
            BenchLine(name: "preview", value: cost, unit: "percent-of-a-core", peer: "limit", peerValue: 3, goal: 1),
            BenchLine(
                name: "preview-frames-lost-or-changed", value: Double(seen.missing + seen.changed), unit: "frames", peer: "frames",
                peerValue: Double(seen.count), goal: 0),
            BenchLine(name: "preview-copying", value: cost, unit: "percent-of-a-core", peer: "cat|cat", peerValue: peer, goal: 10),
        ]
    }

    /// Percent of a core that two `cat`, one behind the other as host and kioskd are, take for these frames at the camera's pace.
    private func copying(_ frames: [Data]) async throws -> Double {
        let cats = [Process(), Process()]
        let pipes = [Pipe(), Pipe(), Pipe()]
        for (index, cat) in cats.enumerated() {
            cat.executableURL = URL(filePath: "/bin/cat")
            (cat.standardInput, cat.standardOutput) = (pipes[index], pipes[index + 1])
            try cat.run()
        }
        let (input, output) = (pipes[0].fileHandleForWriting, pipes[2].fileHandleForReading)
        let before = try cats.map { try ProcessorTime.of($0.processIdentifier) }
        let began = ContinuousClock.now
        for frame in frames {
            let reading = Task.detached {
                var left = frame.count
                while left > 0, let part = try output.read(upToCount: left), !part.isEmpty { left -= part.count }
            }
            try input.write(contentsOf: frame)
            try await reading.value
            try await Task.sleep(for: .seconds(1) / 15)
        }
        let span = began.duration(to: .now)
        let after = try cats.map { try ProcessorTime.of($0.processIdentifier) }
        for (pipe, cat) in zip(pipes, cats) {
            try pipe.fileHandleForWriting.close()
            cat.terminate()
            cat.waitUntilExit()
        }
        return zip(after, before).reduce(.zero) { $0 + ($1.0 - $1.1) } / span * 100
    }
}
