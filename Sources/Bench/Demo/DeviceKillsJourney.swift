import Foundation
import KioskModel
import LocalAPI

/// One citizen who does what the screen says, whatever it says, until the receipt is there, and puts every page in until the screen shows all of them.
struct DeviceKillsJourney {
    enum End: Sendable {
        /// The reference of the receipt, and whether the screen said that it is printed: a host that dies may cost the paper, never the receipt.
        case receipt(String, isPrinted: Bool)
        /// Why it came to none.
        case lost(String)
    }

    /// After a touch that changed nothing, the citizen touches again.
    private static let secondThought: Duration = .seconds(3)

    let kiosk: VirtualKiosk
    let screen: Touchscreen
    let citizen: SyntheticCitizen
    let number: Int
    /// What lies in the citizen's hand, for each material anew.
    let pages: [Data]
    /// Holds these pages and those of earlier citizens.
    let album: PageAlbum

    func play(within patience: Duration) async throws -> End {
        let end = ContinuousClock.now + patience
        var session: String?
        var (isLaid, seen) = (false, "")
        var touched: (revision: Int, at: ContinuousClock.Instant)?
        defer { kiosk.reader.lift() }
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(100))
            guard let update = await screen.update else { continue }
            let now = update.screen
            seen = now.summary
            if now.name == "attract" {
                guard session == nil else { return .lost("the kiosk is back at its first screen") }
            } else if session == nil, now.name == "menu" {
                session = update.session
            } else if let session, session != update.session {
                return .lost("another session at \(seen)")
            }
            if let reference = now.reference {
                // Whoever leaves before gets no paper.
                if now.isPrinting { continue }
                try await leave()
                return session == nil ? .lost("the receipt came without a session") : .receipt(reference, isPrinted: now.saysPrinted)
            }
            if let touched, touched.revision == update.revision, touched.at + Self.secondThought > .now { continue }
            switch now.name {
            case "lay-card" where !isLaid:
                kiosk.reader.lay(SyntheticCard(citizen))
                isLaid = true
            case "take-card" where isLaid:
                kiosk.reader.lift()
                isLaid = false
            case "fault", "out-of-service":
                return .lost("the journey ended at \(seen)")
            case "insert" where now.countdown == nil:
                await kiosk.scanner.unload()
                await kiosk.scanner.load(pages: Array(pages.dropFirst(now.pagesTaken)))
                // Pages are told apart by their pictures, and empty backs have none.
                await touch(now.offered.contains(Touch(.scanFronts)) ? .scanFronts : .scan)
                touched = (update.revision, .now)
            case "preview" where now.countdown == nil:
                if let wrong = try await look(at: now) { return .lost(wrong) }
                touched = (update.revision, .now)
            default:
                guard let (kind, value) = next(now) else { continue }
                await touch(kind, value)
                touched = (update.revision, .now)
            }
        }
        return .lost("no receipt in time; the last screen was \(seen)")
    }

    /// What leads on from this screen, if anything does.
    private func next(_ now: Screen) -> (Touch.Kind, String?)? {
        if now.countdown != nil { return (.extend, nil) }
        return switch now.name {
        case "attract": (.start, nil)
        case "menu": (.chooseJourney, "upload")
        case "identity", "review": (.confirm, nil)
        case "items": (.chooseItem, nil)
        // Offered while the scanner was away. Its pages are told apart by their pictures: it is waited for.
        case "lay-page": now.offered.first { $0.kind == .chooseSource }.map { ($0.kind, $0.value) }
        case "checklist": now.missingMaterial.map { ($0.kind, $0.value) } ?? (.submit, nil)
        default: nil
        }
    }

    /// The pictures on the screen must be of the pages that were put in, in their order; then on, or back for those that are missing. Returns what is wrong.
    private func look(at now: Screen) async throws -> String? {
        let shown = now.thumbnails
        for (index, id) in shown.enumerated() {
            // Whoever draws them may be dead at the moment; the next look sees them.
            guard let picture = try? await screen.picture(of: id) else { return nil }
            let name = album.name(of: try PagePrint(jpeg: picture))
            guard name == PageAlbum.Name(journey: number, page: index + 1) else {
                return "picture \(index + 1) of the preview shows \(name.map(String.init(describing:)) ?? "no page that was given")"
            }
        }
        // What a scan that was cut short has left over, or spoilt, can't be kept.
        let isGood = now.offered.contains(Touch(.finishMaterial))
        await touch(shown.count < pages.count ? .scan : isGood ? .finishMaterial : .discardPages)
        return nil
    }

    /// A touch that comes too late is refused, and the next look sees why.
    private func touch(_ kind: Touch.Kind, _ value: String? = nil) async {
        try? await screen.touch(kind, value)
    }

    /// Makes room for the next citizen, from wherever the screen is.
    func leave() async throws {
        let _: Bool = try await Poll.until("the first screen", deadline: .seconds(120)) {
            guard let now = await screen.current else { return .notYet("no screen") }
            if now.name == "attract" { return .there(true) }
            await touch(now.offered.contains { $0.kind == .done } ? .done : .exit)
            return .notYet(now.summary)
        }
    }
}

extension Screen {
    /// Ids of the pages that are shown, in their order.
    fileprivate var thumbnails: [String] {
        body.flatMap { component -> [String] in if case .pages(let rows) = component { rows.map(\.id) } else { [] } }
    }

    fileprivate var isPrinting: Bool {
        body.contains { if case .progress(.key("receipt.printing", _), _) = $0 { true } else { false } }
    }

    fileprivate var saysPrinted: Bool {
        body.contains { if case .notice(.success, .key("takeReceipt.body", _)) = $0 { true } else { false } }
    }

    /// What the screen says to have of the material at hand while it asks for more.
    fileprivate var pagesTaken: Int {
        for case .notice(_, .key("checklist.pages", let arguments)) in body { return arguments["count"].flatMap { Int($0) } ?? 0 }
        return 0
    }
}
