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
    /// Advice other than `goOn` stands on what a UPS said that says nothing now.
    public private(set) var isUncertain = false
    private let minimumRuntime: Int

    /// `minimumRuntime` in seconds.
    public init(minimumRuntime: Int) {
        self.minimumRuntime = minimumRuntime
    }

    /// Takes the newest reports of all devices. Of several power supplies the worst has the say.
    public mutating func update(_ reports: [DeviceReport]) {
        let supplies = reports.filter { $0.deviceClass == .powerSupply }
        let known = supplies.filter(\.isKnown)
        let wanted = known.map { advice(for: $0.conditions) }.max() ?? .goOn
        isUncertain = known.count < supplies.count && wanted < advice
        if !isUncertain { advice = wanted }
    }

    /// After ``patience``.
    public mutating func forget() {
        guard isUncertain else { return }
        advice = .goOn
        isUncertain = false
    }

    private func advice(for conditions: [DeviceCondition]) -> Advice {
        if conditions.contains(where: { $0.kind == .batteryLow }) { return .end }
        guard let battery = conditions.first(where: { $0.kind == .onBattery }) else { return .goOn }
        // A time that recovers for a moment, as a load goes, opens nothing: only the mains do.
        if advice != .goOn { return .close }
        if let runtime = conditions.first(where: { $0.kind == .batteryRuntime })?.value { return runtime < minimumRuntime ? .close : .goOn }
        return (battery.value ?? 0) < Self.minimumCharge ? .close : .goOn
    }
}

extension DeviceReport {
    /// Whether its conditions are of now.
    fileprivate var isKnown: Bool {
        switch state {
        case .ready, .busy, .needsCitizen, .needsTechnician: true
        case .starting, .offline, .absent: false
        }
    }
}
