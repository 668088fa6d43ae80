internal import DeviceLink
internal import KioskModel
internal import LocalAPI

/// What to do about a device that doesn't serve: ask again, reset it, restart its host, reset its port, and then wait for somebody to come.
///
/// A value: it is told of statuses, completions and time, and says what to do next. Only what a reset may mend climbs: for paper that ran out, the ladder
/// has no rung. A device that comes and goes isn't believed before it has been steady for a while, so that it costs the kiosk little.
struct FaultLadder {
    typealias Rung = DeviceTicket.Rung
    typealias Instant = ContinuousClock.Instant

    enum Action: Equatable {
        case take(Rung)
        /// Nothing more helps: a ticket, or what has changed in one.
        case outOfService
        /// Offer the device to the next citizen, although it failed the last ones.
        case trial
        /// It serves again.
        case inService
    }

    /// How long each thing is given. The defaults are the kiosk's.
    struct Pace: Sendable {
        /// For a device to answer again by itself, or after it was reset.
        var patience: Duration = .seconds(15)
        /// After its host or its port was: the host has to come up as well.
        var longPatience: Duration = .seconds(30)
        /// How long a device must be well to be believed.
        var steady: Duration = .seconds(10)
        /// The same, for one that came back `flapping` times and went again.
        var steadyAfterFlapping: Duration = .seconds(60)
        var flapping = 3
        /// Until the ladder is climbed again for a device that is out of service, and until one that failed its commands is tried again.
        var again: Duration = .seconds(3600)
        var trial: Duration = .seconds(600)
    }

    private enum Source { case statuses, commands }

    private struct Trouble {
        var fault: DeviceFault
        var source: Source
        var tried: [Rung]
        /// How many rungs of this climb are behind.
        var climbed = 0
        /// When something is to be done; nil while only another failure changes anything.
        var due: Instant?
        var isOut = false
        /// The ticket says another fault than there is.
        var hasChanged = false
        var isOnTrial = false
        /// Since when it has been well.
        var goodSince: Instant?
        /// How often it was well and then wasn't.
        var returns = 0
    }

    private static let climb: [Rung] = [.reset, .restart, .port]
    private let pace: Pace
    private var trouble: Trouble?

    init(pace: Pace = Pace()) {
        self.pace = pace
    }

    /// What is wrong, and what was tried.
    var fault: DeviceFault? { trouble?.fault }
    var tried: [Rung] { trouble?.tried ?? [] }

    /// Set when the device must not be offered although its status is good.
    var withheld: DeviceFault? {
        guard let trouble else { return nil }
        let hasFailed = trouble.source == .commands && trouble.isOut && !trouble.isOnTrial
        let isFlapping = trouble.goodSince != nil && trouble.returns >= pace.flapping
        guard hasFailed || isFlapping else { return nil }
        var fault = trouble.fault
        if isFlapping { fault.detail = "it comes and goes: " + fault.detail }
        return fault.cleaned
    }

    /// When ``next(at:hasPort:chance:)`` is to be asked again, unless something happens before.
    var due: Instant? {
        guard let trouble else { return nil }
        if let good = trouble.goodSince { return good + steady(trouble) }
        if trouble.hasChanged { return .now }
        return trouble.due
    }

    // MARK: What happens

    mutating func told(_ status: DeviceStatus, at now: Instant) {
        switch status.state {
        case .starting:
            return
        case .ready, .busy, .needsCitizen:
            if trouble?.source == .statuses, trouble?.goodSince == nil { trouble?.goodSince = now }
        case .needsTechnician, .offline, .absent:
            let unknown = DeviceFault(code: "device.unknown", action: .reset, detail: "the driver named no fault")
            isBad(status.fault ?? unknown, at: now)
        }
    }

    /// A command has ended.
    mutating func told(_ completion: Completion, at now: Instant) {
        switch completion {
        case .success, .remedy:
            if trouble?.source == .commands { trouble?.goodSince = now }
        case .fault(let fault) where Self.counts(fault):
            if trouble == nil {
                trouble = Trouble(fault: fault, source: .commands, tried: [.retry])
            } else if trouble?.source == .commands {
                trouble?.fault = fault
                trouble?.goodSince = nil
                trouble?.due = now
            }
        case .fault, .cancelled:
            return
        }
    }

    /// The host's end says nothing good of a device that had just come back.
    mutating func hostEnded() {
        guard trouble?.goodSince != nil else { return }
        trouble?.goodSince = nil
        trouble?.returns += 1
    }

    /// The work of a rung has ended: the device's time to answer runs from now.
    mutating func taken(_ rung: Rung, at now: Instant) {
        guard trouble?.source == .statuses, trouble?.due != nil else { return }
        let due = now + patience(after: rung)
        trouble?.due = due
    }

    /// A rung that couldn't be taken and won't be: it isn't counted, and the next thing is done at once.
    mutating func skip(_ rung: Rung, at now: Instant) {
        let others = tried.filter { $0 != rung }
        trouble?.tried = others
        trouble?.due = now
    }

    /// Something is in the way of the rung that was said: it isn't counted, and comes again a little later.
    mutating func postpone(_ rung: Rung, at now: Instant) {
        guard let position = Self.climb.firstIndex(of: rung) else { return }
        trouble?.climbed = position
        let (others, due) = (tried.filter { $0 != rung }, now + pace.steady)
        trouble?.tried = others
        trouble?.due = due
    }

    private mutating func isBad(_ fault: DeviceFault, at now: Instant) {
        guard var trouble else {
            self.trouble = Trouble(fault: fault, source: .statuses, tried: Self.first(fault), due: now + pace.patience)
            return
        }
        if trouble.goodSince != nil { trouble.returns += 1 }
        trouble.goodSince = nil
        let isOther = trouble.fault.code != fault.code
        // Another kind of fault gets its own time to pass; a port that flaps doesn't gain any by it.
        if trouble.source == .commands || isOther && Self.isMendable(trouble.fault) != Self.isMendable(fault) {
            trouble.due = now + pace.patience
        }
        if trouble.tried.isEmpty { trouble.tried = Self.first(fault) }
        trouble.source = .statuses
        trouble.isOnTrial = false
        trouble.hasChanged = trouble.hasChanged || trouble.isOut && isOther
        trouble.fault = fault
        self.trouble = trouble
    }

    // MARK: What to do

    /// What is to be done now; asked again after each answer until it is nil. `hasPort`: the port can be reset. `chance` lies in 0…1.
    mutating func next(at now: Instant, hasPort: Bool, chance: Double) -> Action? {
        if let trouble, let good = trouble.goodSince {
            guard now >= good + steady(trouble) else { return nil }
            self.trouble = nil
            return .inService
        }
        return trouble == nil ? nil : mend(at: now, hasPort: hasPort, chance: chance)
    }

    private mutating func mend(at now: Instant, hasPort: Bool, chance: Double) -> Action? {
        guard var trouble else { return nil }
        defer { self.trouble = trouble }
        if trouble.hasChanged {
            trouble.hasChanged = false
            return .outOfService
        }
        guard let due = trouble.due, now >= due else { return nil }
        guard Self.isMendable(trouble.fault) else {
            trouble.due = nil
            defer { trouble.isOut = true }
            return trouble.isOut ? nil : .outOfService
        }
        if trouble.source == .commands, trouble.isOut, !trouble.isOnTrial {
            trouble.isOnTrial = true
            trouble.due = nil
            return .trial
        }
        while trouble.climbed < Self.climb.count {
            let rung = Self.climb[trouble.climbed]
            trouble.climbed += 1
            if rung == .port && !hasPort { continue }
            if !trouble.tried.contains(rung) { trouble.tried.append(rung) }
            trouble.due = trouble.source == .commands ? nil : now + patience(after: rung)
            return .take(rung)
        }
        // A fleet that lost something common doesn't come back all at once.
        let rest = trouble.source == .commands ? pace.trial : pace.again
        trouble.due = now + rest * (0.5 + chance / 2)
        // A trial that failed says all there is to say; a new climb is made only for a device that says itself that it is unwell.
        if trouble.source == .statuses { trouble.climbed = 0 }
        defer {
            trouble.isOut = true
            trouble.isOnTrial = false
        }
        return trouble.isOut && !trouble.isOnTrial ? nil : .outOfService
    }

    private func patience(after rung: Rung) -> Duration { rung == .reset ? pace.patience : pace.longPatience }

    private func steady(_ trouble: Trouble) -> Duration {
        // A command that succeeded proves more than any time that passes.
        if trouble.source == .commands { return .zero }
        return trouble.returns >= pace.flapping ? pace.steadyAfterFlapping : pace.steady
    }

    /// A host that can't stay up is started anew by its own pace: no rung of the ladder adds to that.
    private static func isMendable(_ fault: DeviceFault) -> Bool {
        fault.action == .reset && fault.code != DeviceFault.hostFailing
    }

    /// What has been tried by the time that the fault is seen: hosts ask again by themselves, and are replaced by theirs.
    private static func first(_ fault: DeviceFault) -> [Rung] {
        fault.code == DeviceFault.hostFailing ? [.restart] : isMendable(fault) ? [.retry] : []
    }

    private static func counts(_ fault: DeviceFault) -> Bool { fault.action == .reset && isDevices(fault) }

    /// Faults of the link are the host's, which is replaced for them, or the caller's.
    static func isDevices(_ fault: DeviceFault) -> Bool { !fault.code.hasPrefix("link.") || fault.code == "link.internal" }
}

extension DeviceFault {
    static let hostFailing = "link.host-failing"
}
