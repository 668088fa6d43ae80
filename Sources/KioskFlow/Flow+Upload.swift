internal import KioskModel

/// Journey 材料上传: card, service item, checklist, scan, preview, confirm, receipt.
extension Flow {
    mutating func handleUploadTouch(_ touch: Touch) -> [Effect] {
        switch (phase, touch.kind) {
        case (.attract, .start):
            return enter(.menu)
        case (.menu, .chooseJourney):
            visit.failedReads = 0
            return waitForCard(problem: nil)
        case (.layCard, .back):
            return cancel(.readCard) + enter(.menu)
        case (.confirmIdentity, .confirm):
            return [.awaitCardRemoval(begin(.awaitCardRemoval))] + enter(.takeCard)
        case (.confirmIdentity, .retry):
            visit.card = nil
            return waitForCard(problem: nil)
        case (.chooseItem, .chooseItem):
            guard let item = surroundings.items.first(where: { $0.code == touch.value }), canApply(for: item) else { return [] }
            let dropped = item == visit.item ? [] : dropPages()
            visit.item = item
            return dropped + enter(.checklist)
        case (.checklist, .back):
            return enter(.chooseItem)
        case (.checklist, .chooseMaterial):
            guard let material = visit.item?.materials.first(where: { $0.id == touch.value }) else { return [] }
            visit.material = material.id
            visit.problem = nil
            visit.emptyBacks = 0
            return currentPages.isEmpty ? askForPages() : enter(.preview)
        case (.checklist, .submit):
            return enter(.review)
        case (.insertPages, .back):
            return goBackFromSource()
        case (.insertPages, .scan):
            return scan(bothSides: surroundings.scansBothSides && visit.replacing == nil)
        case (.insertPages, .scanFronts):
            return scan(bothSides: false)
        case (.insertPages, .chooseSource):
            visit.usesCamera = true
            return showCamera(problem: nil)
        case (.layPage, .chooseSource):
            visit.usesCamera = false
            visit.problem = nil
            return cancel(.showCamera) + enter(.insertPages)
        case (.layPage, .back):
            return cancel(.showCamera) + goBackFromSource()
        case (.layPage, .takePicture):
            visit.problem = nil
            visit.emptyBacks = 0
            visit.sides = nil
            return cancel(.showCamera) + [.takePicture(begin(.scan))] + enter(.takingPicture)
        case (.preview, .finishMaterial):
            visit.material = nil
            return enter(.checklist)
        case (.preview, .scan):
            return askForPages()
        case (.preview, .discardPages):
            return drop(currentPages) + askForPages()
        case (.preview, .removePage):
            guard let page = currentPages.first(where: { $0.value == touch.value }) else { return [] }
            let dropped = drop([page])
            return dropped + (currentPages.isEmpty ? askForPages() : [rearm()])
        case (.preview, .rescanPage):
            guard let page = currentPages.first(where: { $0.value == touch.value }) else { return [] }
            visit.replacing = page
            return askForPages()
        case (.review, .back):
            visit.problem = nil
            return enter(.checklist)
        case (.review, .confirm):
            return commit()
        case (.receipt, .done):
            return leave()
        default:
            return []
        }
    }

    mutating func handleUpload(_ event: Event) -> [Effect] {
        switch event {
        case .cardFound(let id):
            guard pending[id] == .readCard, phase == .layCard else { return [] }
            return enter(.readingCard)
        case .cardRead(let id, let card, let today):
            guard finish(id, .readCard) else { return [] }
            guard card.validity.contains(today) else { return cardReadFailed(.remedy(.cardExpired)) }
            visit.card = card
            visit.failedReads = 0
            visit.problem = nil
            return enter(.confirmIdentity)
        case .cardRemoved(let id):
            guard finish(id, .awaitCardRemoval) else { return [] }
            return phase == .takeCard ? enter(.chooseItem) : []
        case .cameraShows(let id):
            // Not the citizen's doing: the timer runs on.
            if pending[id] == .showCamera, visit.problem == .deviceRestarting(.camera) { visit.problem = nil }
            return []
        case .pageScanned(let id, let page):
            guard pending[id] == .scan, let material = visit.material else { return [.discard([page])] }
            return keep(page, of: material) + [look(at: page), rearm()]
        case .pageAssessed(let id, let page, let flaws):
            return finish(id, .assess) ? judge(page, flaws) : []
        case .scanEnded(let id):
            guard finish(id, .scan) else { return [] }
            // What is dropped is dropped before the citizen looks: pages that move under a finger are worse than a moment's wait.
            // A picture waits for nothing: backs that a jam has left behind are then the citizen's to judge.
            return phase == .takingPicture || visit.backs.isEmpty ? showPages() : [rearm()]
        case .committed(let id, let receipt):
            guard finish(id, .commit) else { return [] }
            // The pages are sealed and stored: from here on nobody needs them or the card's data.
            let pages = allPages
            let language = visit.language
            visit = Visit(language: language)
            visit.receipt = receipt
            visit.printing = .underway
            return [.discard(pages), .printReceipt(begin(.printReceipt), receipt, language)] + enter(.receipt)
        case .printed(let id):
            guard finish(id, .printReceipt) else { return [] }
            visit.printing = .printed
            return [rearm()]
        case .touch, .timer, .surroundings, .wiped, .failed:
            return []
        }
    }

    mutating func handleUploadFailure(of kind: PendingEffect, _ failure: Failure) -> [Effect] {
        switch (kind, failure) {
        case (.readCard, .remedy(let remedy)):
            return cardReadFailed(.remedy(remedy))
        case (.readCard, _):
            return cardReadFailed(.deviceRestarting(.idCardReader))
        case (.awaitCardRemoval, _):
            // The reader can no longer say whether the card is there; the screen has asked for it, so the journey goes on.
            return phase == .takeCard ? enter(.chooseItem) : []
        case (.scan, .remedy(let remedy)):
            return scanFailed(.remedy(remedy))
        case (.scan, _):
            return scanFailed(phase == .takingPicture ? .noPicture : .deviceRestarting(.scanner))
        case (.showCamera, _):
            // It is asked again until the citizen leaves, and so comes back by itself.
            visit.problem = .deviceRestarting(.camera)
            return [.showCamera(begin(.showCamera), pause: Limits.readPause)]
        case (.commit, .storage):
            return stop(.storage)
        case (.commit, .remedy(let remedy)):
            visit.problem = .remedy(remedy)
            // One of the pages it is, and the citizen must be able to find it: those that nobody has looked at are looked at now.
            return allPages.filter { visit.flaws[$0] == nil }.map { look(at: $0) } + enter(.review)
        case (.commit, .fault):
            visit.problem = .deviceRestarting(.imaging)
            return enter(.review)
        case (.printReceipt, .fault(let fault)):
            visit.printing = .failed(fault.action)
            return [rearm()]
        case (.printReceipt, _):
            visit.printing = .failed(nil)
            return [rearm()]
        case (.assess, _), (.wipe, _):
            return []
        }
    }

    // MARK: Steps

    mutating func cardReadFailed(_ problem: Visit.Problem) -> [Effect] {
        visit.failedReads += 1
        return visit.failedReads < Limits.failedReads ? waitForCard(problem: problem) : stop(.card)
    }

    mutating func scanFailed(_ problem: Visit.Problem) -> [Effect] {
        if phase == .takingPicture { return showCamera(problem: problem) }
        visit.problem = problem
        return enter(.insertPages)
    }

    /// To where the next page comes from: the scanner, or the document camera where no scanner serves or the citizen has chosen it.
    private mutating func askForPages() -> [Effect] {
        let ready = surroundings.ready
        visit.usesCamera = ready.contains(.scanner) ? visit.usesCamera && ready.contains(.camera) : visit.usesCamera || ready.contains(.camera)
        return visit.usesCamera ? showCamera(problem: nil) : enter(.insertPages)
    }

    private mutating func showCamera(problem: Visit.Problem?) -> [Effect] {
        visit.problem = problem
        return [.showCamera(begin(.showCamera), pause: 0)] + enter(.layPage)
    }

    /// Without another page. Backs that haven't been looked at are pages like all others from here on: none goes by itself while the citizen looks.
    private mutating func goBackFromSource() -> [Effect] {
        visit.problem = nil
        visit.replacing = nil
        visit.backs = []
        return enter(currentPages.isEmpty ? .checklist : .preview)
    }

    private mutating func waitForCard(problem: Visit.Problem?) -> [Effect] {
        visit.problem = problem
        return [.readCard(begin(.readCard), pause: problem == nil ? 0 : Limits.readPause)] + enter(.layCard)
    }

    private mutating func scan(bothSides: Bool) -> [Effect] {
        let left = visit.replacing == nil ? pagesLeft : 1
        visit.problem = nil
        guard left > 0 else { return showPages() }
        visit.emptyBacks = 0
        visit.sides = bothSides ? 0 : nil
        // As many sheets as pages may be kept: most backs are empty. Too many that aren't, the citizen sorts out.
        return [.scan(begin(.scan), maxPages: bothSides ? 2 * left : left, bothSides: bothSides)] + enter(.scanning)
    }

    /// Puts a scanned page in the place of the one that is scanned again, or behind the others.
    private mutating func keep(_ page: PageID, of material: String) -> [Effect] {
        if let sides = visit.sides {
            visit.sides = sides + 1
            if sides % 2 == 1 { visit.backs.insert(page) }
        }
        guard let old = visit.replacing, let place = visit.pages[material]?.firstIndex(of: old) else {
            visit.pages[material, default: []].append(page)
            return []
        }
        // Until the scan has ended there is still one place to fill: a scanner that fails now is asked for that page again.
        visit.replacing = page
        visit.pages[material]?[place] = page
        return drop([old])
    }

    /// The scanner is done, and what it brought is to be looked at.
    mutating func showPages() -> [Effect] {
        visit.replacing = nil
        visit.backs = []
        return currentPages.isEmpty ? scanFailed(.remedy(.insertPages)) : enter(.preview)
    }

    private mutating func look(at page: PageID) -> Effect {
        let id = begin(.assess)
        visit.looking[page] = id
        return .assess(id, page)
    }

    mutating func assessmentFailed(_ id: EffectID, _ failure: Failure) -> [Effect] {
        guard let page = visit.looking.first(where: { $0.value == id })?.key else { return [] }
        // What can't be opened can't be handed in either. Of all else there is no advice: the citizen's own eyes are enough.
        let isUnreadable = if case .remedy = failure { true } else { false }
        return judge(page, isUnreadable ? [.unreadable] : nil)
    }

    /// Takes what was found out about a page, nil for nothing. Not the citizen's doing: the timer runs on.
    private mutating func judge(_ page: PageID, _ flaws: [PageFlaw]?) -> [Effect] {
        visit.looking[page] = nil
        let wasBack = visit.backs.remove(page) != nil
        // Pages may be gone by then.
        guard allPages.contains(page) else { return [] }
        var effects: [Effect] = []
        if wasBack, flaws?.contains(.empty) == true {
            visit.emptyBacks += 1
            effects = drop([page])
        } else {
            visit.flaws[page] = flaws
        }
        return phase == .scanning && visit.backs.isEmpty && !pending.values.contains(.scan) ? effects + showPages() : effects
    }

    private mutating func commit() -> [Effect] {
        visit.problem = nil
        guard let item = visit.item, let card = visit.card, isComplete else { return enter(.checklist) }
        let materials = item.materials.compactMap { requirement in
            visit.pages[requirement.id].map { Submission.Material(requirement: requirement.id, pages: $0) }
        }
        visit.looking = [:]
        visit.backs = []
        // Advice comes too late now, and would only keep the worker from the documents.
        return [.commit(begin(.commit), Submission(item: item, applicant: card, materials: materials))] + cancel(.assess) + enter(.committing)
    }

    private mutating func dropPages() -> [Effect] { drop(allPages) }

    private mutating func drop(_ pages: [PageID]) -> [Effect] {
        for material in visit.pages.keys { visit.pages[material]?.removeAll { pages.contains($0) } }
        visit.pages = visit.pages.filter { !$0.value.isEmpty }
        let looks = pages.compactMap { visit.looking.removeValue(forKey: $0) }
        for look in looks { pending[look] = nil }
        for page in pages { visit.flaws[page] = nil }
        visit.backs.subtract(pages)
        if let page = visit.replacing, pages.contains(page) { visit.replacing = nil }
        return looks.map { .cancel($0) } + (pages.isEmpty ? [] : [.discard(pages)])
    }

    // MARK: Rules

    /// Rule 9 of the design, in its one place: what the catalogue demands, this kiosk must be able to prove.
    func canApply(for item: ServiceItem) -> Bool {
        switch item.authentication {
        case .anonymous: true
        case .card: visit.card != nil
        case .cardAndSecondFactor: false
        }
    }

    /// Every required material has at least one page, and every page can be opened.
    var isComplete: Bool {
        guard let item = visit.item, visit.pageCount > 0, !allPages.contains(where: isUnreadable) else { return false }
        return item.materials.allSatisfy { !$0.required || !(visit.pages[$0.id] ?? []).isEmpty }
    }

    func isUnreadable(_ page: PageID) -> Bool { visit.flaws[page]?.contains(.unreadable) == true }

    var currentRequirement: MaterialRequirement? {
        visit.item?.materials.first { $0.id == visit.material }
    }

    var currentPages: [PageID] {
        visit.material.flatMap { visit.pages[$0] } ?? []
    }

    /// Backs that haven't been looked at take no place: most are empty.
    var pagesLeft: Int { max(0, pageLimit - currentPages.count { !visit.backs.contains($0) }) }

    /// Pages that must go before the material can be kept.
    var pagesOver: Int { max(0, currentPages.count - pageLimit) }

    private var pageLimit: Int { currentRequirement?.maxPages ?? 0 }
}
