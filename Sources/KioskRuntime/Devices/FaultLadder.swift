internal import DeviceLink
internal import KioskModel
internal import LocalAPI

/// What to do about a device that doesn't serve: ask again, reset it, restart its host, reset its port, and then wait for somebody to come.
///
/// A value: it is told of statuses, completions and time, and says what to do next. Only what a reset may mend climbs: for paper that ran out, the ladder
/// has no rung.
///
/// A device that comes back is offered at once, since most often somebody at the plug brought it back; only its ticket waits until it has been well for
/// `steady`. One that has gone more often than `flapping` times within `flappingWindow` comes and goes by itself: from then on it is held back until it has
/// been well for `steadyAfterFlapping`, so that no citizen begins with a device that is about to go.
///
/// A device whose commands failed proves itself by a command that succeeds, or in the hands of a technician (``forgive()``). That it calls itself ready
/// proves nothing: it did so all the time.
struct FaultLadder {
    typealias Rung = DeviceTicket.Rung
    typealias Instant = ContinuousClock.Instant

    enum Action: Equatable {
        case take(Rung)
        /// Nothing more helps: a ticket, or what has changed in one.
        case outOfService
        /// Offer the device to the next citizen, although it failed the last ones.
        case trial
        /// It comes and goes, and isn't offered any more until it stays.
        case held
        /// It serves again.
        case inService
    }

    /// How long each thing is given. The defaults are the kiosk's.
    struct Pace: Sendable {
        /// For a device to answer again by itself, or after it was reset.
        var patience: Duration = .seconds(15)
        /// After its host or its port was: the host has to come up as well.
        var longPatience: Duration = .seconds(30)
        /// How long a device must be well for its trouble to be over.
        var steady: Duration = .seconds(10)
        /// The same, for one that is held back because it went more than `flapping` times within `flappingWindow`.
        var steadyAfterFlapping: Duration = .seconds(60)
        var flapping = 10
        var flappingWindow: Duration = .seconds(300)
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
        /// Since when the ticket says another fault than there is.
        var changed: Instant?
        var isOnTrial = false
        /// Since when it has been well.
        var goodSince: Instant?
        /// Commands failed, and none has succeeded since.
        var failsCommands = false
    }

    private static let climb: [Rung] = [.reset, .restart, .port]
    private let pace: Pace
    private var trouble: Trouble?
    /// The last times that it was well, or not known to be unwell, and then wasn't: one more than it may within the window.
    private var departures: [Instant] = []
    /// Since when it is held back, and whether that has been said.
    private var held: (since: Instant, isSaid: Bool)?

    init(pace: Pace = Pace()) {
        self.pace = pace
    }

    /// What is wrong, and what was tried.
    var fault: DeviceFault? { trouble?.fault }
    var tried: [Rung] { trouble?.tried ?? [] }
    /// Only a command that succeeds, or a technician, ends the trouble.
    var failsCommands: Bool { trouble?.failsCommands ?? false }

    /// Set when the device must not be offered although its status is good.
    var withheld: DeviceFault? {
        guard let trouble else { return nil }
        let hasFailed = trouble.source == .commands && trouble.isOut && !trouble.isOnTrial
        let isFlapping = trouble.goodSince != nil && held != nil
        guard hasFailed || isFlapping else { return nil }
        var fault = trouble.fault
        if isFlapping { fault.detail = "it comes and goes: " + fault.detail }
        return fault.cleaned
    }

    /// When ``next(at:hasPort:chance:)`` is to be asked again, unless something happens before.
    var due: Instant? {
        guard let trouble else { return nil }
        if let held, !held.isSaid { return held.since }
        if let good = trouble.goodSince { return good + steady(trouble) }
        return trouble.changed ?? trouble.due
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
            trouble?.failsCommands = false
            if trouble?.source == .commands { trouble?.goodSince = now }
        case .fault(let fault) where Self.counts(fault):
            if trouble == nil {
                trouble = Trouble(fault: fault, source: .commands, tried: Self.first(fault), failsCommands: true)
            } else if trouble?.source == .commands {
                trouble?.fault = fault
                trouble?.failsCommands = true
                trouble?.goodSince = nil
                trouble?.due = now
            }
            if fault.code == DeviceFault.hostHung { hasRestarted() }
        case .fault, .cancelled:
            return
        }
    }

    /// The host's end says nothing good of a device that had just come back.
    mutating func hostEnded(at now: Instant) {
        guard trouble?.source == .statuses, trouble?.goodSince != nil else { return }
        trouble?.goodSince = nil
        departed(at: now)
    }

    /// A ticket of the time before kioskd started, whose device's commands failed: it is offered, and every rung may help anew.
    mutating func remember(_ fault: DeviceFault, tried: [Rung]) {
        trouble = Trouble(fault: fault, source: .commands, tried: tried, failsCommands: true)
    }

    /// A technician has reset the device, which says that it is well: whatever was, they answer for it now.
    mutating func forgive() {
        guard trouble?.source == .commands || trouble?.goodSince != nil else { return }
        (trouble, held, departures) = (nil, nil, [])
    }

    /// A command that hung has cost its host: the rungs up to that one are behind.
    private mutating func hasRestarted() {
        guard var trouble, trouble.source == .commands, let restart = Self.climb.firstIndex(of: .restart) else { return }
        trouble.climbed = max(trouble.climbed, restart + 1)
        if !trouble.tried.contains(.restart) { trouble.tried.append(.restart) }
        self.trouble = trouble
    }

    private mutating func departed(at now: Instant) {
        departures.append(now)
        if departures.count > pace.flapping + 1 { departures.removeFirst() }
        guard departures.count > pace.flapping, departures[0] + pace.flappingWindow >= now, held == nil else { return }
        held = (now, false)
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
        if trouble == nil || trouble?.goodSince != nil || trouble?.source == .commands { departed(at: now) }
        guard var trouble else {
            self.trouble = Trouble(fault: fault, source: .statuses, tried: Self.first(fault), due: now + pace.patience)
            return
        }
        let isBack = trouble.goodSince != nil && held == nil && !trouble.isOut
        trouble.goodSince = nil
        let isOther = trouble.fault.code != fault.code
        // One that was back, and another kind of fault, get their own time to pass; a port that flaps doesn't gain any by it.
        if isBack || trouble.source == .commands || isOther && Self.isMendable(trouble.fault) != Self.isMendable(fault) {
            trouble.due = now + pace.patience
        }
        if trouble.tried.isEmpty { trouble.tried = Self.first(fault) }
        trouble.source = .statuses
        trouble.isOnTrial = false
        if trouble.isOut && isOther { trouble.changed = trouble.changed ?? now }
        trouble.fault = fault
        self.trouble = trouble
    }

    // MARK: What to do

    /// What is to be done now; asked again after each answer until it is nil. `hasPort`: the port can be reset. `chance` lies in 0…1.
    mutating func next(at now: Instant, hasPort: Bool, chance: Double) -> Action? {
        if let held, !held.isSaid, trouble != nil {
            self.held?.isSaid = true
            return .held
        }
        if let trouble, let good = trouble.goodSince {
            guard now >= good + steady(trouble) else { return nil }
            return isWell(trouble)
        }
        return trouble == nil ? nil : mend(at: now, hasPort: hasPort, chance: chance)
    }

    /// It has been well for long enough.
    private mutating func isWell(_ trouble: Trouble) -> Action? {
        if held != nil { (held, departures) = (nil, []) }
        guard trouble.failsCommands else {
            self.trouble = nil
            return .inService
        }
        // By its own word alone: the next citizen's command will tell.
        self.trouble?.source = .commands
        self.trouble?.goodSince = nil
        self.trouble?.due = nil
        guard trouble.isOut else { return nil }
        self.trouble?.isOnTrial = true
        return .trial
    }

    private mutating func mend(at now: Instant, hasPort: Bool, chance: Double) -> Action? {
        guard var trouble else { return nil }
        defer { self.trouble = trouble }
        if trouble.changed != nil {
            trouble.changed = nil
            return .outOfService
        }
        guard let due = trouble.due, now >= due else { return nil }
        guard Self.isMendable(trouble.fault) else {
            // Hosts that end one after the other may do so by a device that hangs.
            if trouble.fault.code == DeviceFault.hostFailing, hasPort, trouble.climbed < Self.climb.count {
                trouble.climbed = Self.climb.count
                trouble.tried.append(.port)
                trouble.due = now + patience(after: .port)
                return .take(.port)
            }
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
        return held != nil ? pace.steadyAfterFlapping : pace.steady
    }

    /// A host that can't stay up is started anew by its own pace: but for the port, no rung of the ladder adds to that.
    private static func isMendable(_ fault: DeviceFault) -> Bool {
        fault.action == .reset && fault.code != DeviceFault.hostFailing
    }

    /// What has been tried by the time that the fault is seen: hosts ask again by themselves, and are replaced by theirs.
    private static func first(_ fault: DeviceFault) -> [Rung] {
        fault.code == DeviceFault.hostFailing ? [.restart] : isMendable(fault) ? [.retry] : []
    }

    private static func counts(_ fault: DeviceFault) -> Bool { fault.action == .reset && isDevices(fault) }

    /// Faults of the link are the host's, which is replaced for them, or the caller's; but what hangs a host is mostly its device.
    static func isDevices(_ fault: DeviceFault) -> Bool {
        !fault.code.hasPrefix("link.") || ["link.internal", DeviceFault.hostHung].contains(fault.code)
    }
}

extension DeviceFault {
    static let hostFailing = "link.host-failing"
}
