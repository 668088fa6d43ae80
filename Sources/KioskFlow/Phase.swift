public import KioskModel

/// Where the citizen stands. What they have brought so far is in `Visit`.
public enum Phase: Sendable, Hashable {
    case attract
    case menu
    /// Waiting for a card.
    case layCard
    /// The card was found and is being read.
    case readingCard
    case confirmIdentity
    /// Identity is confirmed; the card still lies on the reader.
    case takeCard
    case chooseItem
    case checklist
    case insertPages
    case scanning
    /// The document camera shows what lies under it.
    case layPage
    case takingPicture
    /// The pages of one material.
    case preview
    /// The whole submission, before it is committed.
    case review
    case committing
    case receipt
    /// The journey can't go on; nothing was submitted.
    case stopped(StopReason)
    /// Everything of the citizen is being let go. `attempt` counts from 1.
    case wiping(attempt: Int)
    /// Idle like `attract`, but nobody is let in: the battery is about to end.
    case closed
    /// The wipe could not be confirmed: no new citizen is let in.
    case outOfService
}

/// Why a journey ended before its receipt.
public enum StopReason: String, Sendable, Hashable, CaseIterable {
    /// The card could not be read within the allowed tries.
    case card
    /// The submission could not be stored durably.
    case storage
}

/// What this citizen has brought and said. One value, so that the wipe is one assignment.
public struct Visit: Sendable, Equatable {
    public var language: Language
    public var card: IdentityCard?
    /// Reads of the card that failed in a row.
    public var failedReads = 0
    public var item: ServiceItem?
    /// `MaterialRequirement.id` of the material at hand.
    public var material: String?
    /// Scanned pages by `MaterialRequirement.id`.
    public var pages: [String: [PageID]] = [:]
    /// Pages come from the document camera.
    public var usesCamera = false
    /// What is wrong with pages that have been looked at; empty for a good one.
    public var flaws: [PageID: [PageFlaw]] = [:]
    /// Assessments under way, by page.
    public var looking: [PageID: EffectID] = [:]
    /// The page that the next scan takes the place of.
    public var replacing: PageID?
    /// Sides that the scan under way has brought, when it takes both of each sheet.
    public var sides: Int?
    /// Back sides that haven't been looked at: an empty one is dropped.
    public var backs: Set<PageID> = []
    /// Back sides of the last scan that were dropped.
    public var emptyBacks = 0
    /// Shown on top of the screen until the next step: what went wrong and what to do.
    public var problem: Problem?
    public var receipt: Receipt?
    public var printing: Printing?
    /// The help page lies over the screen.
    public var helpOpen = false
    /// The idle warning lies over the screen.
    public var idleWarning = false

    public init(language: Language = .simplifiedChinese) {
        self.language = language
    }

    public enum Problem: Sendable, Equatable {
        case remedy(CitizenRemedy)
        /// The device is being brought back; trying again is right.
        case deviceRestarting(DeviceClass)
        /// Camera or worker failed; trying again is right.
        case noPicture
    }

    public enum Printing: Sendable, Equatable {
        case underway, printed
        /// With the reason, when the printer gave one.
        case failed(RepairAction?)
    }

    public var pageCount: Int { pages.values.reduce(0) { $0 + $1.count } }
}
