public import KioskModel

extension Screen {
    /// Whether the citizen can see this touch on the screen and it is not greyed out. Everything else is refused.
    public func offers(_ touch: Touch) -> Bool {
        if let countdown { return touch == countdown.extend.touch || touch == countdown.leave.touch }
        if actions.contains(where: { $0.touch == touch }) { return true }
        return body.contains { component in
            switch component {
            case .choice(let rows): rows.contains { $0.touch == touch && $0.unavailable == nil }
            case .checklist(let rows): rows.contains { $0.touch == touch }
            case .pages(let rows): rows.contains { $0.actions.contains { $0.touch == touch } }
            default: false
            }
        }
    }
}

extension Flow {
    /// What the touchscreen shows now: a function of the state and nothing else.
    public var screen: Screen {
        var screen = visit.helpOpen ? helpScreen : phaseScreen
        if let powerNotice {
            // What went wrong with the citizen's own step comes first.
            let place = screen.body.firstIndex { if case .notice = $0 { false } else { true } } ?? screen.body.endIndex
            screen.body.insert(powerNotice, at: place)
        }
        if visit.idleWarning {
            screen.countdown = Screen.Countdown(
                seconds: Limits.idleWarning,
                extend: Screen.Action(Touch(.extend), label: .key("idle.extend"), style: .primary),
                leave: Screen.Action(Touch(.exit), label: .key("idle.leave")))
        }
        return screen
    }

    private var phaseScreen: Screen {
        switch phase {
        case .attract: attractScreen
        case .menu: menuScreen
        case .layCard: layCardScreen
        case .readingCard:
            make(
                "reading-card", .key("card.readingTitle"), step: 1,
                [.illustration("lay-card"), .progress(.key("card.reading"), fraction: nil)], [exit])
        case .confirmIdentity: identityScreen
        case .takeCard:
            make("take-card", .key("takeCard.title"), step: 2, [.illustration("take-card"), .paragraph(.key("takeCard.body"))], [help, exit])
        case .chooseItem: itemsScreen
        case .checklist: checklistScreen
        case .insertPages: insertScreen
        case .scanning: scanningScreen
        case .layPage: layPageScreen
        case .takingPicture:
            make(
                "taking-picture", .key("camera.taking"), step: 4,
                [.illustration("lay-page"), .progress(.key("camera.takingBody"), fraction: nil)], [exit])
        case .preview: previewScreen
        case .review: reviewScreen
        case .committing:
            make("committing", .key("committing.title"), step: 5, [.progress(.key("committing.body"), fraction: nil)], [])
        case .receipt: receiptScreen
        case .stopped(let reason): stoppedScreen(reason)
        case .wiping:
            make("wiping", .key("wiping.title"), [.progress(.key("goodbye.body"), fraction: nil)], [])
        case .closed:
            make("closed", .key("closed.title"), tone: .problem, [.paragraph(.key("closed.body")), .paragraph(.key("help.phone"))], languageActions)
        case .outOfService:
            make(
                "out-of-service", .key("outOfService.title"), tone: .problem,
                [.paragraph(.key("outOfService.body")), .paragraph(.key("help.phone"))], languageActions)
        }
    }

    // MARK: Screens

    private var attractScreen: Screen {
        var body: [Screen.Component] = [.illustration("lay-card"), .paragraph(.key("attract.body"))]
        // Nobody is told that documents are kept here where none are taken.
        if let refusal = queueObstacle {
            body.append(.notice(.attention, refusal))
        } else if !surroundings.platformReachable {
            body.append(.notice(.attention, .key("attract.offline")))
        }
        return make("attract", .key("attract.title"), body, [primary(.start, "attract.start")] + languageActions)
    }

    private var menuScreen: Screen {
        let upload = Screen.Choice(
            Touch(.chooseJourney, Journey.upload.rawValue), title: .key("menu.upload"), detail: .key("menu.upload.detail"),
            unavailable: uploadObstacle)
        return make("menu", .key("menu.title"), [.choice([upload])], [help, exit] + languageActions)
    }

    /// Why nothing that a citizen brings can be kept.
    private var queueObstacle: Screen.Text? {
        if !surroundings.canStore { return .key("menu.upload.noStorage") }
        if surroundings.frozen.contains(.upload) { return .key("menu.upload.frozen") }
        return surroundings.hasRoom ? nil : .key("menu.upload.full")
    }

    /// What keeps the journey from being finished, said before it starts. A missing printer doesn't: the receipt stands on the screen too.
    private var uploadObstacle: Screen.Text? {
        if surroundings.isClosing { return .key("menu.upload.closing") }
        if let refusal = queueObstacle { return refusal }
        if !surroundings.ready.contains(.idCardReader) { return .key("menu.upload.noReader") }
        if surroundings.ready.isDisjoint(with: [.scanner, .camera]) { return .key("menu.upload.noScanner") }
        if !surroundings.ready.contains(.imaging) { return .key("menu.upload.noWorker") }
        return nil
    }

    private var layCardScreen: Screen {
        make(
            "lay-card", .key("card.title"), step: 1,
            awayNotice(.idCardReader) + problemNotice + [.illustration("lay-card"), .paragraph(.key("card.body"))],
            [action(.back, "action.back"), help, exit] + languageActions)
    }

    private var identityScreen: Screen {
        guard let card = visit.card else { return make("identity", .key("identity.title"), step: 2, [], [exit]) }
        let facts: [Screen.Fact] = [
            Screen.Fact(.key("identity.name"), .verbatim(Masking.name(card.name.reveal))),
            Screen.Fact(.key("identity.number"), .verbatim(card.number.reveal.masked)),
        ]
        return make(
            "identity", .key("identity.title"), step: 2, [.paragraph(.key("identity.body")), .facts(facts)],
            [primary(.confirm, "identity.confirm"), action(.retry, "identity.notMe"), help, exit])
    }

    private var itemsScreen: Screen {
        let rows = surroundings.items.map { item in
            Screen.Choice(
                Touch(.chooseItem, item.code), title: .verbatim(item.name(visit.language)), detail: .verbatim(item.department(visit.language)),
                unavailable: canApply(for: item) ? nil : .key("items.needsSecondFactor"))
        }
        return make("items", .key("items.title"), step: 3, [.paragraph(.key("items.body")), .choice(rows)], [help, exit])
    }

    private var checklistScreen: Screen {
        let rows = (visit.item?.materials ?? []).map { requirement in
            let pages = visit.pages[requirement.id] ?? []
            let isUnreadable = pages.contains(where: isUnreadable)
            let detail: Screen.Text? =
                isUnreadable
                ? .key("checklist.unreadable")
                : pages.isEmpty
                    ? requirement.hint.map { .verbatim($0(visit.language)) } : .key("checklist.pages", ["count": String(pages.count)])
            return Screen.ChecklistRow(
                Touch(.chooseMaterial, requirement.id), title: .verbatim(requirement.name(visit.language)), detail: detail,
                state: isUnreadable ? .missing : !pages.isEmpty ? .done : requirement.required ? .missing : .optional)
        }
        let submit = isComplete ? [primary(.submit, "checklist.submit")] : []
        return make(
            "checklist", .key("checklist.title"), step: 4, [.paragraph(.key("checklist.body")), .checklist(rows)],
            submit + [action(.back, "action.back"), help, exit])
    }

    private var insertScreen: Screen {
        var body = awayNotice(.scanner) + problemNotice + [.illustration("insert-pages"), .paragraph(.key("insert.body"))]
        if let place = placeToReplace {
            return make(
                "insert", .key("insert.title", ["material": materialName]), step: 4,
                body + [.notice(.normal, .key("insert.replace", ["n": String(place)]))],
                [primary(.scan, "insert.scan")] + sourceAction(.camera, "insert.useCamera") + [action(.back, "action.back"), help, exit])
        }
        if !currentPages.isEmpty { body.append(.notice(.normal, .key("checklist.pages", ["count": String(currentPages.count)]))) }
        body.append(.paragraph(.key("checklist.maxPages", ["count": String(pagesLeft)])))
        // Both sides unless told otherwise: a back that is left out is missed by the office, an empty one by nobody.
        let ways =
            surroundings.scansBothSides
            ? [primary(.scan, "insert.scanBoth"), action(.scanFronts, "insert.scanFronts")] : [primary(.scan, "insert.scan")]
        if surroundings.scansBothSides { body.append(.paragraph(.key("insert.bothSides"))) }
        return make(
            "insert", .key("insert.title", ["material": materialName]), step: 4, body,
            ways + sourceAction(.camera, "insert.useCamera") + [action(.back, "action.back"), help, exit])
    }

    private var layPageScreen: Screen {
        // A host that is down makes no failure: the look waits for it.
        let isAway = visit.problem == .deviceRestarting(.camera) || !surroundings.ready.contains(.camera)
        var body = isAway ? [.notice(.attention, .key("restarting.camera"))] : problemNotice
        if let place = placeToReplace { body.append(.notice(.normal, .key("camera.replace", ["n": String(place)]))) }
        if !isAway { body.append(.paragraph(.key("camera.body"))) }
        // Another effect is another picture: the page asks for it anew.
        if !isAway, let live = pending.first(where: { $0.value == .showCamera })?.key {
            body.append(.camera(name: String(live.value), .key("camera.view")))
        }
        let take = isAway ? [] : [primary(.takePicture, "camera.take")]
        return make(
            "lay-page", .key("camera.title", ["material": materialName]), tone: isAway ? .attention : .normal, step: 4, body,
            take + sourceAction(.scanner, "camera.useScanner") + [action(.back, "action.back"), help, exit])
    }

    /// The number of the page that another one is to take the place of.
    private var placeToReplace: Int? {
        visit.replacing.flatMap { currentPages.firstIndex(of: $0) }.map { $0 + 1 }
    }

    private var scanningScreen: Screen {
        let words: Screen.Text =
            pending.values.contains(.scan) ? .key("scanning.body", ["count": String(currentPages.count)]) : .key("scanning.checking")
        return make("scanning", .key("scanning.title"), step: 4, [.illustration("insert-pages"), .progress(words, fraction: nil)], [exit])
    }

    private var previewScreen: Screen {
        let pages = currentPages.enumerated().map { index, page in
            thumbnail(page, number: index + 1)
        }
        let more = pagesLeft > 0 ? [action(.scan, visit.usesCamera ? "camera.more" : "preview.more")] : []
        let keep = canKeep ? [primary(.finishMaterial, hasFlaws ? "preview.keepAnyway" : "preview.keep")] : []
        return make(
            "preview", .key("preview.title", ["material": materialName]), step: 4,
            [.paragraph(.key("preview.body", ["count": String(pages.count)]))] + adviceNotice + countNotices + [.pages(pages)],
            keep + [action(.discardPages, visit.usesCamera ? "camera.allAgain" : "preview.again")] + more + [help, exit])
    }

    private var hasFlaws: Bool { currentPages.contains { visit.flaws[$0]?.isEmpty == false } }

    private var hasUnreadable: Bool { currentPages.contains(where: isUnreadable) }

    /// The office takes neither too many pages nor one that can't be opened.
    private var canKeep: Bool { pagesOver == 0 && !hasUnreadable }

    private var countNotices: [Screen.Component] {
        var notices: [Screen.Component] = []
        if visit.emptyBacks > 0 { notices.append(.notice(.normal, .key("preview.emptyBacks", ["count": String(visit.emptyBacks)]))) }
        if pagesOver > 0 {
            notices.append(.notice(.attention, .key("preview.tooMany", ["count": String(pagesOver)])))
        } else if pagesLeft == 0 {
            // The scanner stops at the limit: what lies behind it would be taken for the next material.
            notices.append(.notice(.normal, .key(visit.usesCamera ? "preview.fullCamera" : "preview.full")))
        }
        return notices
    }

    /// Advice, no order: the citizen decides.
    private var adviceNotice: [Screen.Component] {
        if hasUnreadable { return [.notice(.attention, .key(visit.usesCamera ? "camera.unreadable" : "preview.unreadable"))] }
        if hasFlaws { return [.notice(.attention, .key(visit.usesCamera ? "camera.flaws" : "preview.flaws"))] }
        return pending.values.contains(.assess) ? [.notice(.normal, .key("preview.checking"))] : []
    }

    private func thumbnail(_ page: PageID, number: Int) -> Screen.PageThumbnail {
        let flaws = visit.flaws[page] ?? []
        return Screen.PageThumbnail(
            id: page.value, label: .key("preview.page", ["n": String(number)]), advice: flaws.map { .key("flaw.\($0.rawValue)") },
            actions: [
                Screen.Action(Touch(.rescanPage, page.value), label: .key(visit.usesCamera ? "camera.again" : "preview.rescan")),
                Screen.Action(Touch(.removePage, page.value), label: .key("preview.remove")),
            ])
    }

    private var reviewScreen: Screen {
        var facts: [Screen.Fact] = []
        if let item = visit.item { facts.append(Screen.Fact(.key("review.item"), .verbatim(item.name(visit.language)))) }
        if let card = visit.card {
            facts.append(
                Screen.Fact(.key("review.applicant"), .verbatim(Masking.name(card.name.reveal) + "  " + card.number.reveal.masked)))
        }
        for requirement in visit.item?.materials ?? [] {
            guard let pages = visit.pages[requirement.id], !pages.isEmpty else { continue }
            facts.append(
                Screen.Fact(.verbatim(requirement.name(visit.language)), .key("review.pages", ["count": String(pages.count)])))
        }
        return make(
            "review", .key("review.title"), step: 5, problemNotice + [.paragraph(.key("review.body")), .facts(facts)],
            [primary(.confirm, "review.confirm"), action(.back, "action.back"), help, exit])
    }

    private var receiptScreen: Screen {
        guard let receipt = visit.receipt else { return make("receipt", .key("receipt.title"), [], [action(.done, "receipt.done")]) }
        var body: [Screen.Component] = [
            .paragraph(.key("receipt.body")),
            .reference(number: receipt.reference, code: nil),
            .facts([
                Screen.Fact(.key("review.item"), .verbatim(receipt.item(visit.language))),
                Screen.Fact(.key("receipt.time"), .verbatim(receipt.time)),
            ]),
        ]
        switch visit.printing {
        case .underway, nil: body.append(.progress(.key("receipt.printing"), fraction: nil))
        case .printed: body += [.illustration("take-receipt"), .notice(.success, .key("takeReceipt.body"))]
        case .failed(.refill): body.append(.notice(.attention, .key("receipt.notPrinted.refill")))
        case .failed: body.append(.notice(.attention, .key("receipt.notPrinted")))
        }
        let sent = surroundings.platformReachable
        body.append(sent ? .paragraph(.key("receipt.next")) : .notice(.attention, .key("receipt.offline")))
        // Leaving while the printer works cancels the paper, so that is called leaving and not being done.
        let way = visit.printing == .underway ? exit : primary(.done, "receipt.done")
        let title: Screen.Text = sent ? .key("receipt.title") : .key("receipt.titleStored")
        return make("receipt", title, tone: .success, step: 6, body, [way])
    }

    private func stoppedScreen(_ reason: StopReason) -> Screen {
        let text: String =
            switch reason {
            case .card: "card.tooManyTries"
            case .storage: "fault.storage"
            }
        return make(
            "fault", .key("fault.title"), tone: .problem, [.notice(.problem, .key(text)), .paragraph(.key("help.phone"))],
            [primary(.exit, "action.exit")])
    }

    private var helpScreen: Screen {
        make(
            "help", .key("help.title"), [.paragraph(.key("help.body")), .notice(.normal, .key("help.phone"))], [primary(.back, "action.back"), exit])
    }

    // MARK: Parts

    private func make(
        _ name: String, _ title: Screen.Text, tone: Screen.Tone = .normal, step: Int? = nil,
        _ body: [Screen.Component], _ actions: [Screen.Action]
    ) -> Screen {
        Screen(
            name: name, language: visit.language, tone: visit.problem == nil ? tone : .attention, title: title,
            step: step.map { Screen.Step(current: $0, total: 6) }, body: body, actions: actions)
    }

    /// Asking for a card or a page that nothing can take would be a lie.
    private func awayNotice(_ device: DeviceClass) -> [Screen.Component] {
        surroundings.ready.contains(device) ? [] : [.notice(.attention, .key("device.away"))]
    }

    /// Where there is something to do yet. Who has a receipt, or is waiting for a machine, needn't hurry.
    private var powerNotice: Screen.Component? {
        switch phase {
        case .attract, .menu, .layCard, .confirmIdentity, .chooseItem, .checklist, .insertPages, .layPage, .preview, .review: break
        case .readingCard, .takeCard, .scanning, .takingPicture, .committing, .receipt, .stopped, .wiping, .closed, .outOfService: return nil
        }
        // Whoever stands at the menu has nothing to submit yet, and reads there why nothing can be begun.
        if surroundings.isClosing { return phase == .menu ? nil : .notice(.attention, .key("power.closing")) }
        return surroundings.isOnBattery ? .notice(.normal, .key("power.battery")) : nil
    }

    private var problemNotice: [Screen.Component] {
        switch visit.problem {
        case nil: []
        case .remedy(let remedy): [.notice(.attention, .key("remedy.\(remedy.rawValue)"))]
        case .deviceRestarting(.idCardReader): [.notice(.attention, .key("restarting.idCardReader"))]
        case .deviceRestarting(.scanner): [.notice(.attention, .key("restarting.scanner"))]
        case .deviceRestarting(.camera): [.notice(.attention, .key("restarting.camera"))]
        case .deviceRestarting: [.notice(.attention, .key("restarting.imaging"))]
        case .noPicture: [.notice(.attention, .key("camera.noPicture"))]
        }
    }

    /// The way to the other source of pages, where it serves.
    private func sourceAction(_ source: DeviceClass, _ label: String) -> [Screen.Action] {
        surroundings.ready.contains(source) ? [Screen.Action(Touch(.chooseSource, source.rawValue), label: .key(label))] : []
    }

    private var materialName: String {
        currentRequirement?.name(visit.language) ?? ""
    }

    private var exit: Screen.Action { Screen.Action(Touch(.exit), label: .key("action.exit"), style: .quiet) }
    private var help: Screen.Action { Screen.Action(Touch(.help), label: .key("action.help"), style: .quiet) }

    /// One for each language but the one that is on.
    private var languageActions: [Screen.Action] {
        Language.allCases.filter { $0 != visit.language }.map {
            Screen.Action(Touch(.chooseLanguage, $0.rawValue), label: .key("action.language", ["language": $0.ownName]), style: .quiet)
        }
    }

    private func primary(_ kind: Touch.Kind, _ label: String) -> Screen.Action {
        Screen.Action(Touch(kind), label: .key(label), style: .primary)
    }

    private func action(_ kind: Touch.Kind, _ label: String) -> Screen.Action {
        Screen.Action(Touch(kind), label: .key(label))
    }
}
