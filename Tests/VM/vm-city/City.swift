import Bench
import Foundation
import PlatformAPI
import QueueLoad

/// A platformd, and what its kiosk was told is durable.
struct City {
    let seed: UInt64

    /// Until standard input ends. Nothing runs or is left when it returns or throws.
    func serve() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let layout = try BenchLayout(root: root, needing: ["platformd"])
        try layout.makeDirectories()
        let platform = try await VirtualPlatform(layout: layout, log: ProcessLog())
        do {
            try await platform.enrol("vm", credential: layout.credential)
            try await platform.start()
            try await converse(platform, credential: layout.credential)
        } catch {
            await platform.stop()
            throw error
        }
        await platform.stop()
    }

    private func converse(_ platform: VirtualPlatform, credential: URL) async throws {
        let json = try JSONSerialization.data(withJSONObject: try JSONSerialization.jsonObject(with: try Data(contentsOf: credential)))
        say("platform \(platform.port)")
        say("credential \(String(decoding: json, as: UTF8.self))")
        say("key \(try Data(contentsOf: KioskPrivateKey.place(beside: credential)).base64EncodedString())")
        var acknowledged: [String] = []
        for await line in Self.lines() {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "acknowledged" where words.count == 2: acknowledged.append(words[1])
            case "verify": try await verify(acknowledged, at: platform.officer)
            default: say("unknown line `\(line)`")
            }
        }
    }

    private func verify(_ acknowledged: [String], at officer: PlatformOperator) async throws {
        let verifier = LoadVerifier(seed: seed, acknowledged: acknowledged)
        let (findings, whole) = try await verifier.check(try await officer.applications()) { try await officer.material($0, of: $1) }
        for line in findings.lines { say(line) }
        say(
            "verified acknowledged=\(acknowledged.count) whole=\(whole) lost=\(findings.lost.count) duplicated=\(findings.duplicated.count)"
                + " corrupted=\(findings.corrupted.count)")
    }

    /// Read on a thread of their own: reading blocks.
    private static func lines() -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        let thread = Thread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        thread.start()
        return lines
    }

    /// Straight to the descriptor: the reader waits for each line.
    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
