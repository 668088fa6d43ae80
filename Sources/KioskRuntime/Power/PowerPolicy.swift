internal import KioskModel
public import LocalAPI

/// What the kiosk does about the mains: a value that is told what the power supplies report.
public struct PowerPolicy: Sendable, Equatable {
    public enum Advice: Sendable, Equatable, Comparable {
        case goOn
        /// Nobody is let in any more.
        case close
        /// The same; and end as soon as nobody is here.
        case end
    }

    /// seconds: an upload with ten pages, and a margin
    public static let defaultMinimum = 300
    /// percent below which a battery that tells no time is taken for too weak
    static let minimumCharge = 50
    /// How long a UPS that fell silent is still believed: longer than any battery of a kiosk that was about to end. A kiosk that still runs then has
    /// its mains, and mustn't stay closed because of a bad cable.
    public static let patience: Duration = .seconds(600)

    public private(set) var advice = Advice.goOn
    /// The mains have failed, as far as is known.
    public private(set) var isOnBattery = false
    /// Advice other than `goOn`, or ``isOnBattery``, stands on what a UPS said that says nothing now.
    public private(set) var isUncertain = false
    private let minimumRuntime: Int
    /// Supplies, by name, that weren't about to end at some time of this run. A kiosk that starts on a battery about to end stays closed instead of
    /// ending: it would be started again and again.
    private var served: Set<String> = []

    /// `minimumRuntime` in seconds.
    public init(minimumRuntime: Int) {
        self.minimumRuntime = minimumRuntime
    }

    /// Takes the newest reports of all devices. Of several power supplies the worst has the say.
    public mutating func update(_ reports: [DeviceReport]) {
        let supplies = reports.filter { $0.deviceClass == .powerSupply }
        let known = supplies.filter(\.isKnown)
        let wanted = known.map { advice(for: $0) }.max() ?? .goOn
        let isBorne = known.contains { $0.conditions.contains { $0.kind == .onBattery || $0.kind == .batteryLow } }
        isUncertain = known.count < supplies.count && (wanted < advice || isOnBattery && !isBorne)
        advice = isUncertain ? max(advice, wanted) : wanted
        isOnBattery = isBorne || isUncertain && isOnBattery
    }

    /// After ``patience``.
    public mutating func forget() {
        guard isUncertain else { return }
        advice = .goOn
        isOnBattery = false
        isUncertain = false
    }

    private mutating func advice(for report: DeviceReport) -> Advice {
        let conditions = report.conditions
        if conditions.contains(where: { $0.kind == .batteryLow }) { return served.contains(report.name) ? .end : .close }
        served.insert(report.name)
        guard let battery = conditions.first(where: { $0.kind == .onBattery }) else { return .goOn }
        // A time that recovers for a moment, as a load goes, opens nothing: only the mains do.
        if advice != .goOn { return .close }
        if let runtime = conditions.first(where: { $0.kind == .batteryRuntime })?.value { return runtime < minimumRuntime ? .close : .goOn }
        return (battery.value ?? 0) < Self.minimumCharge ? .close : .goOn
    }
}

extension DeviceReport {
    /// What a UPS says of itself, and its conditions with it.
    private static let ownFaults: Set<String> = ["ups.off", "ups.bypass", "ups.overloaded", "ups.alarm"]

    /// Whether its conditions are of now.
    fileprivate var isKnown: Bool {
        switch state {
        case .ready, .busy, .needsCitizen: true
        // Other faults (no access, no upsd, nothing told) say that nobody heard the UPS.
        case .needsTechnician: fault.map { Self.ownFaults.contains($0.code) } ?? false
        case .starting, .offline, .absent: false
        }
    }
}
