public import KioskModel

/// Names one effect that is under way. Every completion carries it back, so that a late, repeated or foreign one is recognised and dropped.
public struct EffectID: Sendable, Hashable, Codable {
    public let value: Int

    public init(_ value: Int) {
        self.value = value
    }
}

/// Opaque name of a scanned page. The pixels stay with the runtime.
public struct PageID: Sendable, Hashable, Codable {
    public let value: String

    public init(_ value: String) {
        self.value = value
    }
}

/// Everything that can happen to the flow. Time, ids and replies of devices and platform arrive here and nowhere else.
public enum Event: Sendable, Equatable {
    case touch(Touch)
    /// The timer of that generation has run out; an older generation has no effect.
    case timer(Int)
    /// Devices, platform or catalogue have changed.
    case surroundings(Surroundings)
    case cardFound(EffectID)
    /// `today` decides whether the card is still valid.
    case cardRead(EffectID, IdentityCard, today: CivilDate)
    case cardRemoved(EffectID)
    case pageScanned(EffectID, PageID)
    /// What is wrong with a page: advice, the gravest first; empty for a good one.
    case pageAssessed(EffectID, PageID, [PageFlaw])
    /// The camera's first picture is there to be seen.
    case cameraShows(EffectID)
    /// The feeder is empty, the page limit reached, or the one picture taken.
    case scanEnded(EffectID)
    /// Durable: file, directory and row are on the disk.
    case committed(EffectID, Receipt)
    case printed(EffectID)
    /// Everything that belonged to the citizen has been let go.
    case wiped(EffectID)
    case failed(EffectID, Failure)
}

/// How an effect ended badly.
public enum Failure: Sendable, Equatable {
    case remedy(CitizenRemedy)
    case fault(DeviceFault)
    /// The outbox could not store the submission: disk full or broken.
    case storage
}

/// What the flow asks the runtime to do. Each with an id ends in exactly one completing event, or in none once it is cancelled.
public enum Effect: Sendable, Equatable {
    /// Wait for a card and read it; `pause` seconds before the first look give the citizen time to lay it better.
    case readCard(EffectID, pause: Int)
    case awaitCardRemoval(EffectID)
    /// Of both sides of each sheet, front before back, or of the fronts alone; a side is a page.
    case scan(EffectID, maxPages: Int, bothSides: Bool)
    /// Show what the document camera sees until cancelled; `pause` seconds before it is asked.
    case showCamera(EffectID, pause: Int)
    /// One page out of a picture of the document camera. Ends as a scan does.
    case takePicture(EffectID)
    /// Look how well a page can be read.
    case assess(EffectID, PageID)
    case commit(EffectID, Submission)
    case printReceipt(EffectID, Receipt, Language)
    case cancel(EffectID)
    /// Let these pages go at once.
    case discard([PageID])
    /// Replaces the timer before it.
    case startTimer(generation: Int, seconds: Int)
    /// Let go of all pages, previews and values of this citizen; end the session.
    case wipe(EffectID)
}

/// What the citizen confirmed: to be made into PDFs, sealed and stored.
public struct Submission: Sendable, Equatable {
    public struct Material: Sendable, Equatable {
        /// `MaterialRequirement.id`
        public var requirement: String
        public var pages: [PageID]

        public init(requirement: String, pages: [PageID]) {
            self.requirement = requirement
            self.pages = pages
        }
    }

    public var item: ServiceItem
    public var applicant: IdentityCard
    /// In the order of the checklist; none is empty.
    public var materials: [Material]

    public init(item: ServiceItem, applicant: IdentityCard, materials: [Material]) {
        self.item = item
        self.applicant = applicant
        self.materials = materials
    }
}

/// What the citizen takes home. No personal value.
public struct Receipt: Sendable, Equatable {
    public var reference: String
    /// Local time, `yyyy-MM-dd HH:mm`.
    public var time: String
    public var item: LocalizedText
    public var pageCount: Int
    /// The kiosk's signed word that it holds all of it, for the receipt's code (docs/custody-receipt.md); nil when it couldn't be signed.
    public var custody: String?

    public init(reference: String, time: String, item: LocalizedText, pageCount: Int, custody: String? = nil) {
        self.reference = reference
        self.time = time
        self.item = item
        self.pageCount = pageCount
        self.custody = custody
    }
}

/// What the flow knows of the world around the citizen. Survives the wipe.
public struct Surroundings: Sendable, Equatable {
    /// Classes of devices that can work now. A camera is the document camera: no other is of use to the flow.
    public var ready: Set<DeviceClass>
    public var platformReachable: Bool
    public var items: [ServiceItem]
    /// The scanner can take both sides of a sheet at once.
    public var scansBothSides: Bool
    /// The mains have failed; a battery carries the kiosk.
    public var isOnBattery: Bool
    /// The battery is about to end: who is here may finish, and nobody else is let in.
    public var isClosing: Bool
    /// What a citizen hands in can be kept. Not with a damaged queue, which still delivers what it can.
    public var canStore: Bool
    /// There is room for the largest submission, whatever the next citizen brings.
    public var hasRoom: Bool
    /// Can't be begun, because the platform wasn't reached for too long. Who is in one may finish it.
    public var frozen: Set<Journey>

    public init(
        ready: Set<DeviceClass> = [], platformReachable: Bool = false, items: [ServiceItem] = [], scansBothSides: Bool = false,
        isOnBattery: Bool = false, isClosing: Bool = false, canStore: Bool = true, hasRoom: Bool = true, frozen: Set<Journey> = []
    ) {
        self.ready = ready
        self.platformReachable = platformReachable
        self.items = items
        self.scansBothSides = scansBothSides
        self.isOnBattery = isOnBattery
        self.isClosing = isClosing
        self.canStore = canStore
        self.hasRoom = hasRoom
        self.frozen = frozen
    }
}
