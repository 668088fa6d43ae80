import KioskFlow
import KioskRuntime

extension ConfigurationFile.Queue {
    /// MiB: 16 TiB, more than any disk of a kiosk, and nothing that overflows
    private static let most = 16 << 20
    /// hours: a year
    private static let longest = 8760

    /// Throws what names the key that is wrong.
    func resolved(_ path: String) throws -> KioskConfiguration.Queue {
        func invalid(_ key: String, _ what: String) -> ConfigurationFile.Problem { .invalid(path: path, key: "queue.\(key)", what: what) }
        if let quota, !(1...Self.most).contains(quota) {
            throw invalid("quota", "\(quota) is no quota; MiB from 1 to \(Self.most), or leave it out")
        }
        if let reserve, !(0...Self.most).contains(reserve) {
            throw invalid("reserve", "\(reserve) is no reserve; MiB from 0 to \(Self.most)")
        }
        var queue = KioskConfiguration.Queue(quota: quota.map { $0 << 20 })
        if let reserve { queue.reserve = reserve << 20 }
        guard let freeze else { return queue }
        guard (1...Self.longest).contains(freeze.after) else {
            throw invalid("freeze.after", "\(freeze.after) is no time; hours from 1 to \(Self.longest)")
        }
        let known = Journey.allCases.map(\.rawValue).joined(separator: ", ")
        let journeys = try freeze.journeys.map { name in
            guard let journey = Journey(rawValue: name) else {
                throw invalid("freeze.journeys", "there is no journey \(name); those that there are: \(known)")
            }
            return journey
        }
        guard !journeys.isEmpty else {
            throw invalid("freeze.journeys", "names none; leave `freeze` out if none is to be frozen, or choose of: \(known)")
        }
        queue.freeze = .init(after: freeze.after * 3600, journeys: Set(journeys))
        return queue
    }
}
