internal import Foundation
internal import GRDB
internal import KioskModel
internal import LocalAPI
internal import PlatformAPI

extension DeviceTicket {
    /// nil for a row of another version of this program.
    init?(_ row: Row) {
        guard let id = UUID(wireText: row["id"] as String), let action = RepairAction(rawValue: row["action"]) else { return nil }
        self.init(
            id: id, device: row["device"], fault: DeviceFault(code: row["code"], action: action, detail: row["detail"]),
            firstSeen: Date(milliseconds: row["firstSeen"]),
            tried: (row["tried"] as String).split(separator: " ").compactMap { Rung(rawValue: String($0)) },
            failsCommands: row["failsCommands"] ? true : nil)
    }
}

extension DeviceLogEntry {
    init?(_ row: Row) {
        guard let id = UUID(wireText: row["id"] as String), let kind = Kind(rawValue: row["kind"]) else { return nil }
        self.init(
            id: id, device: row["device"], kind: kind, orderedAt: Date(milliseconds: row["orderedAt"]),
            endedAt: (row["endedAt"] as Int64?).map { Date(milliseconds: $0) }, door: row["door"], reference: row["reference"],
            accepted: row["accepted"], sheets: row["sheets"], taken: row["taken"], outcome: row["outcome"] ?? "unknown")
    }
}
