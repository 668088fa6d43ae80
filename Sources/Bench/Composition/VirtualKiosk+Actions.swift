public import Foundation
import Glibc
import KioskModel

/// What a hand can do to the virtual hardware; the bench page posts these.
public enum BenchAction: Sendable {
    /// `POST /api/reader`
    public struct Reader: Sendable, Codable {
        public enum Action: String, Sendable, Codable { case lay, lift, corrupt, stall, remove, unplug, replug }

        public var action: Action
        public var citizen: String?
    }

    /// `POST /api/scanner`
    public struct Scanner: Sendable, Codable {
        public enum Action: String, Sendable, Codable { case load, jam, coverOpen, ready, empty }

        public var action: Action
        public var citizen: String?
        public var pages: Int?
    }

    /// `POST /api/printer`
    public struct Printer: Sendable, Codable { public var paper: Bool }

    /// `POST /api/camera`
    public struct Camera: Sendable, Codable {
        public enum Action: String, Sendable, Codable { case unplug, replug }

        public var action: Action
    }

    /// `POST /api/network`
    public struct Network: Sendable, Codable { public var online: Bool }

    /// `POST /api/process`
    public struct Process: Sendable, Codable {
        public enum Signal: String, Sendable, Codable { case KILL, STOP, CONT }

        public var name: String
        public var signal: Signal

        public init(name: String, signal: Signal) {
            self.name = name
            self.signal = signal
        }
    }

    /// The request names something that isn't there.
    public struct Refused: Error, CustomStringConvertible {
        public var description: String
    }
}

extension VirtualKiosk {
    public func act(_ order: BenchAction.Reader) throws {
        switch order.action {
        case .lay:
            reader.lay(SyntheticCard(try citizen(order.citizen)))
            laid = order.citizen
        case .lift:
            reader.lift()
            laid = nil
        // One answer more than the driver tries again, so that the citizen gets to see it.
        case .corrupt: reader.inject(.corruptChecksum, at: .read, times: 4)
        case .stall: reader.inject(.stall, at: .read, times: 4)
        case .remove: reader.inject(.cardRemoved, at: .read)
        case .unplug: reader.unplug()
        case .replug: try reader.replug()
        }
    }

    public func act(_ order: BenchAction.Camera) throws {
        switch order.action {
        case .unplug: camera.unplug()
        case .replug: try camera.plug()
        }
    }

    public func act(_ order: BenchAction.Scanner) async throws {
        switch order.action {
        case .load:
            let count = order.pages ?? 1
            guard (1...20).contains(count) else { throw BenchAction.Refused(description: "pages must be 1 to 20") }
            await scanner.load(pages: try Self.document(of: try citizen(order.citizen), pages: count))
        case .jam: await setScanner(.jam)
        case .coverOpen: await setScanner(.coverOpen)
        case .ready: await setScanner(.ready)
        case .empty: await scanner.unload()
        }
    }

    public func act(_ order: BenchAction.Process) async throws {
        let signal =
            switch order.signal {
            case .KILL: SIGKILL
            case .STOP: SIGSTOP
            case .CONT: SIGCONT
            }
        switch order.name {
        case "kioskd": await (try kioskd).send(signal)
        case "platformd": await (try platform).send(signal)
        default:
            guard let pid = hostProcesses()[order.name] else { throw BenchAction.Refused(description: "no such process runs") }
            kill(pid, signal)
        }
    }

    /// The pages that this citizen brings, as pictures from a scanner.
    public static func document(of citizen: SyntheticCitizen, pages: Int) throws -> [Data] {
        try (1...pages).map { page in
            try SyntheticDocument(
                name: citizen.name, number: citizen.number, address: citizen.newestAddress ?? citizen.address ?? "—", page: page, pageCount: pages
            ).jpeg()
        }
    }

    /// Process ids of the device hosts by the device's name, from the process table: it tells the truth also while kioskd is stopped.
    public func hostProcesses() -> [String: pid_t] {
        var result: [String: pid_t] = [:]
        // Another bench on this machine has hosts too: only ours speak to our socket.
        for entry in BenchProcess.all() where entry.arguments.first == layout.executable("kiosk-device") {
            guard entry.arguments.count > 1, entry.arguments.contains(where: { $0.hasPrefix(layout.runtime.path) }) else { continue }
            result[entry.arguments[1]] = entry.pid
        }
        return result
    }

    private func setScanner(_ condition: ESCLScannerSimulator.Condition) async {
        await scanner.setCondition(condition)
        scannerCondition = "\(condition)"
    }

    func citizen(_ id: String?) throws -> SyntheticCitizen {
        guard let id, let citizen = SyntheticCitizen.named(id) else { throw BenchAction.Refused(description: "no such citizen") }
        return citizen
    }
}
