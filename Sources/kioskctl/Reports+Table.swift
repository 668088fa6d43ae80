import Foundation
import KioskModel
import LocalAPI

extension KioskReport: Report {
    var needsTechnician: Bool { recordsTrouble != nil || queue.needsTechnician || devices.contains { $0.needsTechnician } }

    var table: Table {
        let contact = platformLastContact.map { "last answer \($0.text)" } ?? "no answer yet"
        let platform = "\(platformReachable ? "reachable" : "not reachable"), \(contact)"
        return Table(
            .facts(
                [
                    ("kiosk", kiosk), ("version", version), ("started", startedAt.text), ("platform", platform),
                    ("power", power.inWords),
                    ("queue", queue.inWords),
                ] + (queue.limits?.facts ?? []) + [("storage", queue.trouble), ("records", recordsTrouble)]),
            devices.overview,
            .lines(devices.compactMap(\.advice) + [queue.advice, recordsAdvice].compactMap { $0 } + (queue.limits?.advice ?? [])))
    }

    private var recordsAdvice: String? {
        recordsTrouble.map { _ in
            "records: Make room on the kiosk's disk, or replace it. Devices serve meanwhile, but nothing is opened or printed; it is tried again every 30 seconds."
        }
    }
}

extension QueueReport {
    fileprivate var needsTechnician: Bool { trouble != nil || rejected > 0 || quarantined > 0 || limits?.needsTechnician == true }

    fileprivate var inWords: String {
        let some = [("archived", archived), ("held", held), ("rejected", rejected), ("quarantined", quarantined)].filter { $0.1 > 0 }.map {
            "\($0.1) \($0.0)"
        }
        return (["\(waiting) waiting", "\(delivered) delivered"] + some + ["\(bytes) bytes"]).joined(separator: ", ")
    }

    fileprivate var advice: String? {
        if trouble != nil {
            return
                "queue: Keep the kiosk's disk. What can be read is still delivered; tell the fleet operator, and replace the disk when nothing waits any more."
        }
        guard rejected + quarantined > 0 else { return nil }
        return
            "queue: `kioskctl queue list --state \(quarantined > 0 ? "quarantined" : "rejected")` names what can't be delivered. Keep the kiosk's disk, and tell the fleet operator."
    }
}

extension KioskPower {
    fileprivate var inWords: String {
        switch self {
        case .mains: "mains"
        case .battery: "battery"
        case .closing: "battery about to end, nobody is let in"
        }
    }
}

extension [DeviceReport] {
    var overview: Table.Block {
        .rows(
            headings: ["DEVICE", "CLASS", "STATE", "FAULT", "TICKET SINCE", "USES", "FAILURES", "PID", "RESTARTS"],
            map { device in
                [
                    device.name, device.deviceClass.rawValue, device.state.rawValue, device.fault?.code ?? "",
                    device.ticket?.firstSeen.text ?? "", "\(device.uses)", "\(device.failures)", device.pid.map { "\($0)" } ?? "",
                    "\(device.restarts)",
                ]
            }, none: "no devices are configured")
    }
}

extension DeviceReport: ListedReport {
    static func list(_ devices: [DeviceReport]) -> Table {
        Table(devices.overview, .lines(devices.compactMap(\.advice)))
    }

    var needsTechnician: Bool { fault != nil || ticket != nil }

    var table: Table {
        let known = identity.sorted { $0.key < $1.key }.map { (label: $0.key, value: $0.value as String?) }
        return Table(.facts(facts + ticketFacts + wear + known), .lines([advice].compactMap { $0 }))
    }

    private typealias Fact = (label: String, value: String?)

    private var facts: [Fact] {
        let conditions = conditions.map(\.description).joined(separator: ", ")
        return [
            ("device", name), ("class", deviceClass.rawValue), ("state", state.rawValue), ("fault", fault?.code), ("detail", fault?.detail),
            ("conditions", conditions.isEmpty ? nil : conditions),
        ]
    }

    private var ticketFacts: [Fact] {
        guard let ticket else { return [] }
        let tried = ticket.tried.map(\.rawValue).joined(separator: ", ")
        return [
            ("ticket", ticket.id.uuidString.lowercased()), ("first seen", ticket.firstSeen.text),
            ("tried", tried.isEmpty ? "nothing: no reset mends this" : tried),
        ]
    }

    private var wear: [Fact] {
        [
            ("pid", pid.map { "\($0)" } ?? "none"), ("restarts", "\(restarts)"), ("last exit", lastExit), ("uses", "\(uses)"),
            ("failures", "\(failures)"), ("mean", meanMilliseconds.map { "\($0) ms" }),
        ]
    }

    /// What to do about the fault or the ticket, in words.
    var advice: String? {
        if let fault { return "\(name): \(fault.instruction)" }
        guard let ticket else {
            // A driver that names no fault leaves the gentlest thing to do.
            return [.needsTechnician, .offline, .absent].contains(state) ? "\(name): \(RepairAction.reset.instruction)" : nil
        }
        // It calls itself well.
        let proof =
            ticket.failsCommands == true ? "the next command that succeeds closes the ticket" : "the ticket closes when it has been well for a while"
        return "\(name): \(ticket.fault.instruction) If that is done, \(proof), or `kioskctl device reset \(name)` does at once."
    }
}

extension DeviceLogEntry: ListedReport {
    static func list(_ entries: [DeviceLogEntry]) -> Table {
        Table(
            .rows(
                headings: ["ORDERED", "KIND", "DOOR", "REFERENCE", "ACCEPTED", "SHEETS", "TAKEN", "OUTCOME"],
                entries.map { entry in
                    [
                        entry.orderedAt.text, entry.kind.rawValue, entry.door.map { "\($0)" } ?? "", entry.reference ?? "",
                        entry.accepted.map { $0 ? "yes" : "no" } ?? "", entry.sheets.map { "\($0)" } ?? "",
                        entry.taken.map { $0 ? "yes" : "no" } ?? "",
                        entry.outcome,
                    ]
                }, none: "nothing was opened or printed"))
    }

    var needsTechnician: Bool { false }
    var table: Table { Self.list([self]) }
}

extension QueueItemReport: ListedReport {
    static func list(_ items: [QueueItemReport]) -> Table {
        Table(
            .rows(
                headings: ["SEQ", "ID", "KIND", "STATE", "REFERENCE", "BYTES", "CREATED", "TRIES", "NEXT", "LAST ERROR"],
                items.map { item in
                    [
                        "\(item.sequence)", item.id.uuidString.lowercased(), item.kind, item.state.rawValue, item.reference, "\(item.byteCount)",
                        item.createdAt.text, "\(item.attempts)", item.nextAttemptAt?.text ?? "", item.lastError ?? "",
                    ]
                }, none: "no items"))
    }

    var needsTechnician: Bool { state == .rejected || state == .quarantined || state == .archived && lastError != nil }

    var table: Table {
        Table(
            .facts([
                ("id", id.uuidString.lowercased()), ("sequence", "\(sequence)"), ("kind", kind), ("state", state.rawValue), ("reference", reference),
                ("bytes", "\(byteCount)"), ("sha-256", digest), ("depends on", dependsOn?.uuidString.lowercased()), ("created", createdAt.text),
                ("tries", "\(attempts)"), ("next try", nextAttemptAt?.text), ("last error", lastError), ("delivered", deliveredAt?.text),
            ]),
            .lines([advice].compactMap { $0 }))
    }

    private var advice: String? {
        switch state {
        case .archived where lastError != nil:
            "The platform has lost this item, and here only the acknowledgement is left. Tell the fleet operator its id and reference: an older backup of the platform may have it."
        case .waiting, .delivered, .archived: nil
        case .held: "It isn't delivered until `kioskctl queue retry \(id.uuidString.lowercased())`."
        case .rejected: "The platform will not take this item. Keep the kiosk's disk and tell the fleet operator its id and reference."
        case .quarantined:
            "Its sealed file isn't what was committed, or somebody set it aside (see the last error). Keep the kiosk's disk and tell the fleet operator its id and reference."
        }
    }
}

extension QueueStatistics: Report {
    var needsTechnician: Bool {
        limits?.needsTechnician == true || shares.contains { ($0.state == .rejected || $0.state == .quarantined) && $0.items > 0 }
    }

    var table: Table {
        Table(
            .rows(headings: ["STATE", "ITEMS", "BYTES"], shares.map { [$0.state.rawValue, "\($0.items)", "\($0.bytes)"] }, none: ""),
            .facts(
                [
                    ("failing", "\(failing)"), ("waits longest", oldestWaiting.map { "since \($0.text)" }), ("next try", nextAttemptAt?.text),
                    ("last delivered", lastDeliveredAt?.text),
                ] + (limits?.facts ?? [])), .lines(limits?.advice ?? []))
    }
}

extension QueueVerificationReport: Report {
    var needsTechnician: Bool {
        !(quarantined.isEmpty && damaged.isEmpty && unreadable.isEmpty && databaseFaults.isEmpty) || repair?.unknown ?? 0 > 0
    }

    var table: Table {
        func list(_ ids: [UUID]) -> String? { ids.isEmpty ? nil : ids.map { $0.uuidString.lowercased() }.joined(separator: " ") }
        return Table(
            .facts([
                ("items", "\(items) of \(total)"), ("bytes", "\(bytes)"), ("orphans", "\(orphans)"), ("put in quarantine", list(quarantined)),
                ("damaged, not waiting", list(damaged)), ("unreadable", list(unreadable)),
                ("database", databaseFaults.isEmpty ? "ok" : databaseFaults.joined(separator: "; ")), ("ended", endedAt?.text),
                ("made anew", repair.map { "\($0.rows) items of their rows, \($0.packets) of their sealed files" }),
                ("not acknowledged", repair.flatMap { $0.unacknowledged > 0 ? "\($0.unacknowledged) sealed files, now in orphans/" : nil }),
                ("not understood", repair.flatMap { $0.unknown > 0 ? "\($0.unknown) files, now in orphans/" : nil }),
                ("damaged database", repair?.damaged),
            ]),
            .lines(needsTechnician ? ["Keep the kiosk's disk and tell the fleet operator. Everything else goes on."] : []))
    }
}

extension SessionReport: Report {
    var needsTechnician: Bool { false }

    var table: Table {
        Table(
            .facts([
                ("session", session), ("screen", screen), ("revision", "\(revision)"), ("language", language.rawValue),
                ("started", startedAt?.text ?? "nobody is at the screen"),
            ]))
    }
}

extension DeviceFault {
    /// Most faults say by their action what mends them.
    fileprivate var instruction: String {
        code == "link.unrecorded"
            ? "Make room on the kiosk's disk, or replace it: what this device does must be written down first. It returns to service by itself."
            : action.instruction
    }
}

extension RepairAction {
    /// The sentence for somebody with a key to the cabinet.
    var instruction: String {
        switch self {
        case .reset: "Switch the device off and on again. It returns to service by itself once it answers."
        case .clear: "Open the device and take out what is stuck or left in it, then close it."
        case .refill: "Refill the device: paper, or whatever the fault names."
        case .replug: "Check the device's power and its cable at both ends, and plug it in again."
        case .configure: "The configuration doesn't fit the device: check its entry in the kiosk's configuration, then restart kioskd."
        case .replace: "The device is defective: replace it."
        }
    }
}

extension Date {
    /// ISO 8601 in UTC, to the second.
    fileprivate var text: String { formatted(.iso8601) }
}
