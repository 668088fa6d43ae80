internal import KioskModel

/// The state machine of the kiosk: a value that is told what happened and answers with what to do.
///
/// It holds no clock, no random source and no handle. Rules it keeps, whatever comes:
/// a touch counts only when the screen of the moment offers it; a completion counts only while its effect is pending;
/// every phase has a time-out; and the only way back to `attract` or `closed`, where nobody is, is through the wipe.
public struct Flow: Sendable, Equatable {
    public internal(set) var phase = Phase.attract
    public internal(set) var visit = Visit()
    public internal(set) var surroundings: Surroundings
    /// Effects under way.
    public internal(set) var pending: [EffectID: PendingEffect] = [:]
    public internal(set) var timerGeneration = 0
    private var lastEffect = 0

    public init(surroundings: Surroundings = Surroundings()) {
        self.surroundings = surroundings
        if surroundings.isClosing { phase = .closed }
    }

    /// Nobody is here, and nothing of anybody.
    public var isIdle: Bool { phase == .attract || phase == .closed }

    /// What a pending effect is for.
    public enum PendingEffect: String, Sendable, Hashable, CaseIterable {
        case readCard, awaitCardRemoval, scan, showCamera, assess, commit, printReceipt, wipe
    }

    /// Takes one event and returns the effects to carry out, in order.
    public mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .touch(let touch):
            return handleTouch(touch)
        case .timer(let generation):
            return generation == timerGeneration ? handleTimeOut() : []
        case .surroundings(let new):
            surroundings = new
            return openOrClose()
        case .wiped(let id):
            guard finish(id, .wipe), case .wiping = phase else { return [] }
            visit = Visit()
            return enter(surroundings.isClosing ? .closed : .attract)
        case .failed(let id, let failure):
            guard let kind = pending.removeValue(forKey: id) else { return [] }
            switch kind {
            case .wipe: return retryWipe()
            case .assess: return assessmentFailed(id, failure)
            default: return handleUploadFailure(of: kind, failure)
            }
        case .cardFound, .cardRead, .cardRemoved, .cameraShows, .pageScanned, .pageAssessed, .scanEnded, .committed, .printed:
            return handleUpload(event)
        }
    }

    private mutating func handleTouch(_ touch: Touch) -> [Effect] {
        guard screen.offers(touch) else { return [] }
        visit.idleWarning = false
        switch touch.kind {
        case .exit:
            return leave()
        case .help:
            visit.helpOpen = true
            return [rearm()]
        case .back where visit.helpOpen:
            visit.helpOpen = false
            return [rearm()]
        case .extend:
            return [rearm()]
        case .chooseLanguage:
            visit.language = touch.value.flatMap(Language.init(rawValue:)) ?? visit.language
            // Nobody can put off the next try to wipe.
            return phase == .outOfService ? [] : [rearm()]
        default:
            return handleUploadTouch(touch)
        }
    }

    private mutating func handleTimeOut() -> [Effect] {
        switch phase {
        case .attract, .closed:
            // Somebody chose a language and walked away; the next citizen finds the kiosk as it always is.
            visit = Visit()
            return []
        case .readingCard:
            return cancel(.readCard) + cardReadFailed(.deviceRestarting(.idCardReader))
        case .scanning:
            return pending.values.contains(.scan) ? cancel(.scan) + scanFailed(.deviceRestarting(.scanner)) : showPages()
        case .takingPicture:
            return cancel(.scan) + scanFailed(.noPicture)
        case .committing:
            return cancel(.commit) + stop(.storage)
        case .wiping:
            return cancel(.wipe) + retryWipe()
        case .outOfService:
            visit = Visit()
            return retryWipe()
        case .menu, .layCard, .confirmIdentity, .takeCard, .chooseItem, .checklist, .insertPages, .layPage, .preview, .review, .receipt, .stopped:
            if visit.idleWarning || !phase.warnsBeforeLeaving { return leave() }
            visit.helpOpen = false
            visit.idleWarning = true
            return [rearm(seconds: Limits.idleWarning)]
        }
    }

    /// Only where nobody is: a visit goes on to its end.
    private mutating func openOrClose() -> [Effect] {
        guard isIdle, surroundings.isClosing != (phase == .closed) else { return [] }
        visit = Visit()
        return enter(surroundings.isClosing ? .closed : .attract)
    }

    // MARK: Moves that keep the rules

    /// Goes to a phase and starts its timer.
    mutating func enter(_ new: Phase) -> [Effect] {
        phase = new
        visit.idleWarning = false
        visit.helpOpen = false
        guard phase.timeOut != nil else {
            timerGeneration += 1
            return []
        }
        return [rearm()]
    }

    /// Starts the timer anew. Unless the time is given, something has happened: a warning that was on the screen is over.
    mutating func rearm(seconds: Int? = nil) -> Effect {
        timerGeneration += 1
        if seconds == nil { visit.idleWarning = false }
        return .startTimer(generation: timerGeneration, seconds: seconds ?? phase.timeOut ?? Limits.idle)
    }

    mutating func begin(_ kind: PendingEffect) -> EffectID {
        lastEffect += 1
        let id = EffectID(lastEffect)
        pending[id] = kind
        return id
    }

    /// True once for each pending effect of that kind.
    mutating func finish(_ id: EffectID, _ kind: PendingEffect) -> Bool {
        guard pending[id] == kind else { return false }
        pending[id] = nil
        return true
    }

    mutating func cancel(_ kind: PendingEffect) -> [Effect] {
        let ids = pending.filter { $0.value == kind }.map(\.key).sorted { $0.value < $1.value }
        for id in ids { pending[id] = nil }
        return ids.map { .cancel($0) }
    }

    /// Ends the visit: the one way towards `attract`. What was personal leaves the state, and with it the screen, at once.
    mutating func leave() -> [Effect] {
        wipe(attempt: 1)
    }

    mutating func stop(_ reason: StopReason) -> [Effect] {
        let language = visit.language
        let cancelled = cancelAll()
        let pages = allPages
        visit = Visit(language: language)
        return cancelled + (pages.isEmpty ? [] : [.discard(pages)]) + enter(.stopped(reason))
    }

    private mutating func retryWipe() -> [Effect] {
        guard case .wiping(let attempt) = phase else {
            return phase == .outOfService ? wipe(attempt: 1) : []
        }
        return attempt < Limits.wipeAttempts ? wipe(attempt: attempt + 1) : enter(.outOfService)
    }

    private mutating func wipe(attempt: Int) -> [Effect] {
        let cancelled = cancelAll()
        visit = Visit(language: visit.language)
        let id = begin(.wipe)
        return cancelled + [.wipe(id)] + enter(.wiping(attempt: attempt))
    }

    private mutating func cancelAll() -> [Effect] {
        PendingEffect.allCases.flatMap { cancel($0) }
    }

    var allPages: [PageID] {
        visit.pages.sorted { $0.key < $1.key }.flatMap(\.value)
    }
}

/// The flow's times and counts; the numbers are those of the usability reference unless said otherwise.
public enum Limits {
    /// seconds without a touch before the warning
    public static let idle = 60
    /// seconds that the warning stays
    public static let idleWarning = 30
    /// seconds for a read once the card is found: the driver's own deadline is shorter
    static let cardRead = 20
    /// seconds between two pages of a scan
    static let pageScan = 120
    /// seconds for a picture and its page: longer than the deadlines of both
    static let picture = 60
    /// seconds for PDF, seal and disk: longer than the deadlines of all its steps together, so that a submission that is stored is never called lost
    static let commit = 900
    static let wipe = 10
    static let outOfService = 60
    static let wipeAttempts = 3
    /// seconds between a failed read and the next look at the reader
    public static let readPause = 3
    /// Reads of a card that may fail in a row: more than a minute of trying, because a card that lies badly fails again until a slow hand moves it.
    static let failedReads = 20
}

extension Phase {
    /// Seconds until the time-out; nil only where the kiosk is idle.
    var timeOut: Int? {
        switch self {
        case .attract, .closed: nil
        case .readingCard: Limits.cardRead
        case .scanning: Limits.pageScan
        case .takingPicture: Limits.picture
        case .committing: Limits.commit
        case .wiping: Limits.wipe
        case .outOfService: Limits.outOfService
        default: Limits.idle
        }
    }

    /// The menu holds nothing personal yet, so leaving it needs no warning.
    var warnsBeforeLeaving: Bool {
        switch self {
        case .menu, .stopped: false
        default: true
        }
    }
}
