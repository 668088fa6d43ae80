import LocalAPI

extension QueueLimitsReport {
    var needsTechnician: Bool { !hasRoom || !frozen.isEmpty }

    var facts: [(label: String, value: String?)] {
        [
            ("room", roomInWords), ("quota", quota.map(\.mebibytes) ?? "none"), ("reserve", reserve.mebibytes),
            ("offline", offlineSeconds > 0 ? "for \(offlineSeconds.hoursAndMinutes)" : nil), ("frozen", frozenInWords),
        ]
    }

    /// What to do, in words.
    var advice: [String] {
        var lines: [String] = []
        if !hasRoom {
            lines.append(
                "queue: It is nearly full, and no upload is begun; nothing that was promised is erased for it. See that the platform is reached and backed up, raise queue.quota, or give the kiosk a larger disk."
            )
        }
        if !frozen.isEmpty {
            lines.append(
                "queue: The platform was away for too long (queue.freeze). Check the kiosk's network; all goes on once the platform answers.")
        }
        return lines
    }

    private var roomInWords: String {
        guard let room else { return "unknown" }
        return hasRoom ? room.mebibytes : "\(room.mebibytes), \(needed.mebibytes) needed: no upload is begun"
    }

    private var frozenInWords: String? {
        guard let after = freezeAfterSeconds else { return nil }
        return frozen.isEmpty ? "nothing before \(after / 3600) h offline" : "\(frozen.joined(separator: ", ")), until the platform answers"
    }
}

extension Int {
    /// Of bytes, rounded down.
    fileprivate var mebibytes: String { "\(self >> 20) MiB" }

    /// Of seconds, rounded down.
    fileprivate var hoursAndMinutes: String { "\(self / 3600) h \(self % 3600 / 60) min" }
}
