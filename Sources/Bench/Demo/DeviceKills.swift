import Foundation
import Glibc
import KioskModel
import PlatformAPI
import SeededRandom

/// Citizens go through their journey one after the other while device hosts are killed or stopped under them, at random moments. Each must get to the receipt
/// in the session that began at the first touch, and the platform must hold what each of them gave: that citizen, those pages, once.
public actor DeviceKills {
    public struct Result: Sendable, CustomStringConvertible {
        public var killed = 0
        public var stopped = 0
        public var journeys = 0
        /// Journeys that ended elsewhere than at their receipt, in another session, or with other pages on the screen than were put in.
        public var sessionsLost = 0
        /// Hosts that nothing replaced.
        public var hostsLost = 0
        /// Pages that citizens gave, and those that the platform holds right.
        public var pagesGiven = 0
        public var pagesHeld = 0
        /// Receipts that the screen said to be printed; they must lie in the printer's tray.
        public var printed = 0
        /// Applications at the platform that aren't what the citizen gave, or that nobody gave, and receipts that weren't printed as said.
        public var copiesWrong = 0

        /// What was asked for was done, and nothing was lost by it.
        public func isGood(kills: Int) -> Bool {
            killed + stopped == kills && journeys > 0 && pagesGiven > 0 && pagesHeld == pagesGiven
                && sessionsLost == 0 && hostsLost == 0 && copiesWrong == 0
        }

        public var description: String {
            "device-kills: killed=\(killed) stopped=\(stopped) journeys=\(journeys) pages=\(pagesHeld)/\(pagesGiven) printed=\(printed) "
                + "sessions-lost=\(sessionsLost) hosts-lost=\(hostsLost) copies-wrong=\(copiesWrong)"
        }
    }

    /// The longest a journey may take, with all that is done to it: a stopped host alone costs two heartbeats.
    static let patience: Duration = .seconds(300)
    static let perJourney = 4
    static let mostPages = 3

    private let kiosk: VirtualKiosk
    private let kills: Int
    private let tell: @Sendable (String) -> Void
    private var random: SeededGenerator
    private var result = Result()
    private var album = PageAlbum()

    /// `tell` is given a line for each thing that is done.
    public init(kiosk: VirtualKiosk, kills: Int, seed: UInt64, tell: @escaping @Sendable (String) -> Void) {
        self.kiosk = kiosk
        self.kills = kills
        self.tell = tell
        random = SeededGenerator(seed: seed)
    }

    /// On a kiosk that has started. Throws when the kiosk itself doesn't answer any more.
    public func run() async throws -> Result {
        let screen = try await Touchscreen.open(try await kiosk.startAddress())
        // Blows that find nobody to hit are no blows: the run ends all the same, and isn't good.
        while result.killed + result.stopped < kills, result.journeys < kills {
            let share = min(Self.perJourney, kills - result.killed - result.stopped)
            result.journeys += 1
            let number = result.journeys
            let citizen = SyntheticCitizen.all[number % SyntheticCitizen.all.count]
            let pages = try pages(of: citizen, journey: number)
            let harm = Task { await self.harm(share) }
            let journey = DeviceKillsJourney(kiosk: kiosk, screen: screen, citizen: citizen, number: number, pages: pages, album: album)
            switch try await journey.play(within: Self.patience) {
            case .receipt(let reference, let isPrinted):
                await check(reference, of: citizen, journey: number, pages: pages.count)
                if isPrinted { await checkPaper(reference) }
            case .lost(let reason):
                result.sessionsLost += 1
                tell("journey \(number) was lost: \(reason)")
                try await journey.leave()
            }
            await harm.value
        }
        await screen.close()
        await countApplications()
        return result
    }

    /// Every page has its own title, so that it can be told from every other page of the run.
    private func pages(of citizen: SyntheticCitizen, journey: Int) throws -> [Data] {
        let count = Int.random(in: 1...Self.mostPages, using: &random)
        return try (1...count).map { page in
            let address = citizen.newestAddress ?? citizen.address ?? "—"
            let title = "证明 \(journey) – \(page)"
            let jpeg = try SyntheticDocument(
                title: title, name: citizen.name, number: citizen.number, address: address, page: page, pageCount: count
            ).jpeg()
            try album.add(jpeg, as: PageAlbum.Name(journey: journey, page: page))
            return jpeg
        }
    }

    // MARK: Harm

    /// So many hosts, one after the other, each at a random moment of the journey that has begun or begins meanwhile.
    private func harm(_ count: Int) async {
        for _ in 0..<count {
            try? await Task.sleep(for: .milliseconds(Int.random(in: 0...2500, using: &random)))
            let hosts = await kiosk.hostProcesses().sorted { $0.key < $1.key }
            guard let victim = hosts.randomElement(using: &random) else { continue }
            let stops = Int.random(in: 0..<4, using: &random) == 0
            guard kill(victim.value, stops ? SIGSTOP : SIGKILL) == 0 else { continue }
            if stops { result.stopped += 1 } else { result.killed += 1 }
            tell("\(stops ? "stopped" : "killed") \(victim.key) (\(result.killed + result.stopped) of \(kills))")
            if !(await isReplaced(victim.key, victim.value)) {
                result.hostsLost += 1
                tell("nothing replaced \(victim.key)")
            }
        }
    }

    private func isReplaced(_ name: String, _ pid: pid_t) async -> Bool {
        let kiosk = kiosk
        let replaced: Bool? = try? await Poll.until("\(name) to be replaced", deadline: .seconds(90)) {
            guard let now = await kiosk.hostProcesses()[name], now != pid else { return .notYet("not yet") }
            return .there(true)
        }
        return replaced == true
    }

    // MARK: Proof

    /// Holds what the platform has under this reference against what the citizen gave.
    private func check(_ reference: String, of citizen: SyntheticCitizen, journey: Int, pages: Int) async {
        do {
            let officer = try await kiosk.officer
            let application: ApplicationSummary = try await Poll.until("\(reference) to be complete at the platform", deadline: .seconds(90)) {
                let found = try await officer.applications().filter { $0.reference == reference }
                guard let first = found.first, found.count == 1 else { return .notYet("\(found.count) applications with this reference") }
                return first.status == .complete ? .there(first) : .notYet(first.status.rawValue)
            }
            let submission = try await officer.application(application.id).submission
            result.pagesGiven += pages * max(1, submission.materials.count)
            var wrong: [String] = submission.materials.isEmpty ? ["no material"] : []
            if submission.applicant.number.reveal.value != citizen.number { wrong.append("another citizen's") }
            for material in submission.materials {
                let bytes = try await officer.material(material.id, of: application.id)
                if Digest.sha256(bytes) != material.digest || bytes.count != material.byteCount { wrong.append("the digest differs") }
                if material.pageCount != pages { wrong.append("\(material.pageCount) pages are said, \(pages) were given") }
                let drawn = try await Poppler.drawn(bytes, width: PagePrint.width, height: PagePrint.height)
                if drawn.count != pages { wrong.append("\(drawn.count) pages are there, \(pages) were given") }
                for (index, cells) in drawn.enumerated() {
                    let name = album.name(of: PagePrint(cells: cells))
                    if name == PageAlbum.Name(journey: journey, page: index + 1) {
                        result.pagesHeld += 1
                    } else {
                        wrong.append("page \(index + 1) is \(name.map(String.init(describing:)) ?? "none that was given")")
                    }
                }
            }
            guard !wrong.isEmpty else { return }
            result.copiesWrong += 1
            tell("journey \(journey), \(reference): \(wrong.joined(separator: "; "))")
        } catch {
            result.copiesWrong += 1
            tell("journey \(journey), \(reference): \(error)")
        }
    }

    private func checkPaper(_ reference: String) async {
        result.printed += 1
        do {
            let kiosk = kiosk
            let _: Bool = try await Poll.until("the receipt \(reference) in the tray", deadline: .seconds(30)) {
                let documents = kiosk.printer.printedDocuments()
                for document in documents.reversed() where try await Poppler.text(of: document).contains(reference) { return .there(true) }
                return .notYet("\(documents.count) documents")
            }
        } catch {
            result.copiesWrong += 1
            tell("\(error)")
        }
    }

    /// A citizen who was told that it is lost mustn't find it submitted all the same, nor twice.
    private func countApplications() async {
        do {
            let all = try await kiosk.officer.applications()
            let receipts = result.journeys - result.sessionsLost
            guard all.count != receipts || Set(all.map(\.reference)).count != receipts else { return }
            result.copiesWrong += 1
            tell("the platform holds \(all.count) applications of \(receipts) receipts")
        } catch {
            result.copiesWrong += 1
            tell("the platform's applications can't be counted: \(error)")
        }
    }
}
