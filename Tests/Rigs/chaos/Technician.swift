import Bench
import Foundation
import PlatformAPI
import QueueLoad
import Synchronization

/// What a technician does at a kiosk that isn't running, with the tools that docs/salvage.md gives him.
struct Technician {
    let setting: KioskLife.Setting
    let outbox: URL

    /// Brings what lies in the outbox to the platform by hand. Whatever the import says that it took must be there at once: the stick may be gone tomorrow.
    func carry(to city: City) async throws -> Findings {
        var findings = Findings()
        let files = try FileManager.default.contentsOfDirectory(atPath: outbox.appending(path: "payloads").path)
        guard files.contains(where: { $0.hasSuffix(".sealed") }) else { return findings }
        let taken = try await city.takeIn(outbox)
        let there = try await city.packets()
        for packet in taken {
            let name = packet.id?.wireText ?? "a file that is no packet"
            if !packet.isThere {
                findings.lost.append("the import didn't take \(name): \(packet.outcome) \(packet.reason ?? "")")
            } else if packet.id.map(there.contains) != true {
                findings.lost.append("the import said \(packet.outcome) of \(name), and the platform doesn't have it")
            }
        }
        return findings
    }

    /// Loses the database and has it made anew.
    func mend() async throws -> Findings {
        var findings = Findings()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: outbox.appending(path: "outbox.sqlite").path + suffix) }
        let key = KioskPrivateKey.place(beside: setting.layout.credential).path
        let output = Mutex<[String]>([])
        let command = BenchProcess.Command(
            setting.layout.executable("kioskctl"), ["queue", "verify", "--repair", "--key", key, "--data", outbox.path],
            environment: setting.environment)
        let repair = try await BenchProcess.start(command, hearing: .seconds(60)) { line in output.withLock { $0.append(line) } }
        let end = await repair.wait()
        if end != .exit(0) { findings.corrupted.append("the repair ended with \(end): \(output.withLock { $0.joined(separator: "; ") })") }
        return findings
    }
}
