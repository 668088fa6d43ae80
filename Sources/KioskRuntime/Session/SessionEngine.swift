internal import DeviceLink
public import Foundation
public import KioskFlow
public import KioskModel
public import LocalAPI
public import Logging
internal import PlatformAPI

/// Owns the flow: feeds it events one at a time, carries out its effects, and pushes a whole screen whenever what the citizen should see has changed.
public actor SessionEngine {
    let kiosk: String
    let roles: [DeviceClass: String]
    let devices: any DeviceRunner
    let pipeline: SubmissionPipeline
    let strings: StringTable
    let logger: Logger
    /// Frames for the page, which pass this actor by.
    nonisolated let camera = CameraFeed()

    private var flow: Flow
    var pages = PageStore()
    private var session = Secret.make(bytes: 9)
    private var startedAt: Date?
    private var revision = 1
    private var shown: Screen
    private var running: [EffectID: Task<Void, Never>] = [:]
    /// Cancelled, but not ended: what they hold of the citizen is still here, so the wipe waits for them.
    private var ending: [EffectID: Task<Void, Never>] = [:]
    /// The worker gets the next assessment after this one: the citizen waits for previews, which so wait for one assessment at most.
    private var lastAssessment: Task<Void, Never>?
    /// Being rendered. They hold the citizen's page, so the wipe waits for them too.
    private var previews: [Int: Task<DeviceOutcome, Never>] = [:]
    private var lastPreview = 0
    private var timer: Task<Void, Never>?
    private var watchers: [Int: AsyncStream<ScreenUpdate>.Continuation] = [:]
    private var lastWatcher = 0
    private let onCommit: @Sendable () -> Void

    /// - Parameters:
    ///   - roles: the name of the device that serves each class
    ///   - onCommit: called after each durable submission, to wake the delivery
    public init(
        kiosk: String, roles: [DeviceClass: String], devices: any DeviceRunner, pipeline: SubmissionPipeline, strings: StringTable,
        surroundings: Surroundings, logger: Logger, onCommit: @escaping @Sendable () -> Void
    ) {
        self.kiosk = kiosk
        self.roles = roles
        self.devices = devices
        self.pipeline = pipeline
        self.strings = strings
        self.logger = logger
        self.onCommit = onCommit
        flow = Flow(surroundings: surroundings)
        shown = flow.screen
    }

    // MARK: The touchscreen's side

    public var current: ScreenUpdate {
        ScreenUpdate(session: session, revision: revision, screen: shown)
    }

    /// The screen of now, then every later one; a slow reader misses intermediate screens, never the newest.
    public func updates() -> AsyncStream<ScreenUpdate> {
        let (stream, continuation) = AsyncStream.makeStream(of: ScreenUpdate.self, bufferingPolicy: .bufferingNewest(1))
        lastWatcher += 1
        let number = lastWatcher
        watchers[number] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.dropWatcher(number) }
        }
        continuation.yield(current)
        return stream
    }

    /// One touch. Throws `LocalProblem` 409 when it was made on a screen that is no longer there, or that doesn't offer it.
    public func touch(_ event: TouchEvent) throws {
        guard event.session == session, event.revision == revision else {
            throw LocalProblem(status: 409, code: "touch.stale", detail: "The screen has changed; the newest one is on its way.")
        }
        guard shown.offers(event.touch) else {
            throw LocalProblem(status: 409, code: "touch.not-offered", detail: "This screen doesn't offer that touch.")
        }
        apply(.touch(event.touch))
    }

    /// JPEG of a scanned page of this session; nil once it is gone.
    public func preview(_ name: String) async throws -> Data? {
        let id = PageID(name)
        guard let page = pages[id], let worker = roles[.imaging] else { return nil }
        if let preview = page.preview { return try preview.withBytes { Data($0) } }
        let rendering = Task { [devices] in
            await devices.perform(
                .renderPreview(page: page.image, maxWidth: 640), on: worker, files: [page.pixels], deadline: .seconds(10), progress: { _, _ in })
        }
        lastPreview += 1
        let number = lastPreview
        previews[number] = rendering
        let outcome = await withTaskCancellationHandler {
            await rendering.value
        } onCancel: {
            rendering.cancel()
        }
        previews[number] = nil
        guard case .success(.document) = outcome.completion, let file = outcome.files.first, pages[id] != nil else { return nil }
        pages.keep(preview: file, of: id)
        return try file.withBytes { Data($0) }
    }

    // MARK: The technician's side

    /// Whether nobody is here, and nothing of anybody.
    public var isIdle: Bool { flow.isIdle }

    public var report: SessionReport {
        SessionReport(session: session, revision: revision, screen: shown.name, language: shown.language, startedAt: startedAt)
    }

    public var power: KioskPower {
        flow.surroundings.isClosing ? .closing : flow.surroundings.isOnBattery ? .battery : .mains
    }

    public func surroundingsChanged(_ change: @Sendable (inout Surroundings) -> Void) {
        var new = flow.surroundings
        change(&new)
        if new != flow.surroundings { apply(.surroundings(new)) }
    }

    // MARK: The loop

    func apply(_ event: Event) {
        let effects = flow.handle(event)
        for effect in effects { carryOut(effect) }
        if case .wiped = event, flow.isIdle {
            session = Secret.make(bytes: 9)
            revision = 0
            startedAt = nil
        } else if startedAt == nil, !flow.isIdle {
            startedAt = Date()
        }
        show(flow.screen)
    }

    private func show(_ screen: Screen) {
        guard screen != shown || revision == 0 else { return }
        revision += 1
        shown = screen
        for watcher in watchers.values { watcher.yield(current) }
    }

    private func dropWatcher(_ number: Int) {
        watchers[number] = nil
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .readCard(let id, let pause): run(id) { await $0.readCard(id, after: .seconds(pause)) }
        case .awaitCardRemoval(let id): run(id) { await $0.awaitCardRemoval(id) }
        case .scan(let id, let maxPages, let bothSides): run(id) { await $0.scan(id, maxPages: maxPages, bothSides: bothSides) }
        case .showCamera(let id, let pause):
            // Before the screen that names it is pushed: the page asks for the picture at once.
            camera.begin(id)
            run(id) { await $0.showCamera(id, after: .seconds(pause)) }
        case .takePicture(let id): run(id) { await $0.takePicture(id) }
        case .assess(let id, let page):
            let before = lastAssessment
            run(id) { engine in
                await before?.value
                await engine.assess(id, page)
            }
            lastAssessment = running[id]
        case .commit(let id, let submission): run(id) { await $0.commit(id, submission) }
        case .printReceipt(let id, let receipt, let language): run(id) { await $0.printReceipt(id, receipt, language) }
        case .cancel(let id): cancel(id)
        case .discard(let ids): pages.discard(ids)
        case .startTimer(let generation, let seconds): startTimer(generation, .seconds(seconds))
        case .wipe(let id): wipe(id)
        }
    }

    private func run(_ id: EffectID, _ body: @escaping @Sendable (SessionEngine) async -> Void) {
        running[id] = Task { [weak self] in
            guard let self else { return }
            await body(self)
            await self.ended(id)
        }
    }

    private func ended(_ id: EffectID) {
        running[id] = nil
        ending[id] = nil
    }

    private func cancel(_ id: EffectID) {
        guard let task = running.removeValue(forKey: id) else { return }
        task.cancel()
        // At once: its task ends when the host has heard of it.
        camera.end(id)
        ending[id] = task
    }

    private func startTimer(_ generation: Int, _ duration: Duration) {
        timer?.cancel()
        timer = Task { [weak self] in
            guard (try? await Task.sleep(for: duration)) != nil else { return }
            await self?.apply(.timer(generation))
        }
    }

    /// Ends what still runs for this citizen and lets go of every page; says so only when that has happened.
    private func wipe(_ id: EffectID) {
        for id in Array(running.keys) { cancel(id) }
        let (tasks, previews) = (Array(ending.values), Array(previews.values))
        for preview in previews { preview.cancel() }
        Task { [weak self] in
            for task in tasks { await task.value }
            for preview in previews { _ = await preview.value }
            await self?.finishWipe(id)
        }
    }

    private func finishWipe(_ id: EffectID) {
        // An attempt that was given up must not empty the store of the citizen who came after a later one.
        guard flow.pending[id] == .wipe else { return }
        pages.discardAll()
        apply(pages.isEmpty ? .wiped(id) : .failed(id, .storage))
    }

    /// After a durable commit.
    func committed(_ id: EffectID, _ receipt: Receipt) {
        onCommit()
        apply(.committed(id, receipt))
    }
}
