import QueueLoad

/// What the rounds came to: the rig's last line.
struct ChaosResult: Encodable {
    let seed: UInt64
    /// Submissions of which queue-load was told that they are durable.
    var acknowledged = 0
    /// Of these, those that the platform holds once and whole.
    var delivered = 0
    /// Submissions that came to the platform though the acknowledgement was never said: the blow fell in between.
    var unsaid = 0
    /// Submissions that the kiosk refused, because disk or outbox did.
    var refused = 0
    /// Of these, because the quota was used up.
    var full = 0
    var cuts = 0
    var kills = 0
    var platformKills = 0
    /// Times that a backup of the platform was made, and that it was put back to one.
    var backups = 0
    var restorations = 0
    /// Packets that the kiosk erased because a backup has them.
    var erased = 0
    /// Times that the outbox was brought to the platform by hand, and that its database was lost and made anew.
    var carried = 0
    var repaired = 0
    var findings = Findings()
    /// The blow at which the first finding was made, counted over cuts and kills.
    var firstFinding: String?

    /// A kiosk that refused everything lost nothing, and proves nothing.
    var isGood: Bool { findings.isEmpty && acknowledged > 0 && delivered == acknowledged }

    private enum CodingKeys: String, CodingKey {
        case seed, acknowledged, delivered, unsaid, refused, full, erased, lost, duplicated, corrupted, cuts, kills
        case platformKills, backups, restorations, carried, repaired, firstFinding, findings
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seed, forKey: .seed)
        try container.encode(acknowledged, forKey: .acknowledged)
        try container.encode(delivered, forKey: .delivered)
        try container.encode(unsaid, forKey: .unsaid)
        try container.encode(refused, forKey: .refused)
        try container.encode(full, forKey: .full)
        try container.encode(findings.lost.count, forKey: .lost)
        try container.encode(findings.duplicated.count, forKey: .duplicated)
        try container.encode(findings.corrupted.count, forKey: .corrupted)
        try container.encode(cuts, forKey: .cuts)
        try container.encode(kills, forKey: .kills)
        try container.encode(platformKills, forKey: .platformKills)
        try container.encode(backups, forKey: .backups)
        try container.encode(restorations, forKey: .restorations)
        try container.encode(erased, forKey: .erased)
        try container.encode(carried, forKey: .carried)
        try container.encode(repaired, forKey: .repaired)
        try container.encodeIfPresent(firstFinding, forKey: .firstFinding)
        try container.encode(findings.lines, forKey: .findings)
    }
}

extension ChaosResult {
    /// What else befell kiosk and platform, so that nobody takes a run for more than it was.
    var circumstances: String {
        "besides: refused=\(refused) full=\(full) erased=\(erased) platform-kills=\(platformKills) backups=\(backups) restored=\(restorations)"
            + " carried=\(carried) repaired=\(repaired)"
    }
}

extension ChaosResult: CustomStringConvertible {
    var description: String {
        "chaos: acknowledged=\(acknowledged) delivered=\(delivered) lost=\(findings.lost.count) duplicated=\(findings.duplicated.count)"
            + " corrupted=\(findings.corrupted.count) cuts=\(cuts) kills=\(kills)"
    }
}
