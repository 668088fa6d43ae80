import Foundation
import Glibc
import KioskModel
import LocalAPI
import SeededRandom

/// Citizens go through their journey one after the other while device hosts are killed or stopped under them, at random moments. Each must get to the receipt
/// in the session that began at the first touch.
public actor DeviceKills {
    public struct Result: Sendable, CustomStringConvertible {
        public var killed = 0
        public var stopped = 0
        public var journeys = 0
        /// Journeys that ended elsewhere than at their receipt, or in another session.
        public var sessionsLost = 0
        /// Hosts that nothing replaced.
        public var hostsLost = 0

        public var isGood: Bool { sessionsLost == 0 && hostsLost == 0 && journeys > 0 }

        public var description: String {
            "device-kills: killed=\(killed) stopped=\(stopped) journeys=\(journeys) sessions-lost=\(sessionsLost) hosts-lost=\(hostsLost)"
        }
    }

    /// The longest a journey may take, with all that is done to it: a stopped host alone costs two heartbeats.
    static let patience: Duration = .seconds(300)
    static let perJourney = 4

    private let kiosk: VirtualKiosk
    private let kills: Int
    private let tell: @Sendable (String) -> Void
    private var random: SeededGenerator
    private var result = Result()

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
        while result.killed + result.stopped < kills {
            let share = min(Self.perJourney, kills - result.killed - result.stopped)
            let citizen = SyntheticCitizen.all[result.journeys % SyntheticCitizen.all.count]
            let harm = Task { await self.harm(share) }
            let lost = try await Journey(kiosk: kiosk, screen: screen, citizen: citizen).play(within: Self.patience)
            if let lost {
                result.sessionsLost += 1
                tell("journey \(result.journeys + 1) was lost: \(lost)")
            }
            result.journeys += 1
            await harm.value
        }
        await screen.close()
        return result
    }

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
}

/// One citizen who does what the screen says, whatever it says, until the receipt is there.
private struct Journey {
    let kiosk: VirtualKiosk
    let screen: Touchscreen
    let citizen: SyntheticCitizen

    /// Returns why the journey was lost; nil when it came to its receipt.
    func play(within patience: Duration) async throws -> String? {
        let end = ContinuousClock.now + patience
        let pages = try VirtualKiosk.document(of: citizen, pages: 1)
        var session: String?
        var (isLaid, seen) = (false, "")
        defer { kiosk.reader.lift() }
        while ContinuousClock.now < end {
            guard let update = await screen.update else {
                try await pause()
                continue
            }
            let now = update.screen
            seen = now.summary
            if now.name == "attract" {
                guard session == nil else { return "the kiosk is back at its first screen" }
            } else if session == nil, now.name == "menu" {
                session = update.session
            } else if let session, session != update.session {
                return "another session at \(seen)"
            }
            if now.reference != nil {
                try await leave()
                return session == nil ? "the receipt came without a session" : nil
            }
            switch now.name {
            case "lay-card" where !isLaid:
                kiosk.reader.lay(SyntheticCard(citizen))
                isLaid = true
            case "take-card" where isLaid:
                kiosk.reader.lift()
                isLaid = false
            case "fault", "out-of-service":
                return "the journey ended at \(seen)"
            case "insert":
                await kiosk.scanner.load(pages: pages)
                await touch(now)
            default:
                await touch(now)
            }
            try await pause()
        }
        return "no receipt in time; the last screen was \(seen)"
    }

    /// What leads on from this screen, if anything does. A touch that comes too late is refused, and the next look sees why.
    private func touch(_ now: Screen) async {
        let next: (Touch.Kind, String?)? =
            if now.countdown != nil {
                (.extend, nil)
            } else {
                switch now.name {
                case "attract": (.start, nil)
                case "menu": (.chooseJourney, "upload")
                case "identity", "review": (.confirm, nil)
                case "items": (.chooseItem, nil)
                case "insert": (.scan, nil)
                // Scans that were cut short may have left more pages than can be kept.
                case "preview": (now.offered.contains(Touch(.finishMaterial)) ? .finishMaterial : .discardPages, nil)
                case "checklist": now.missingMaterial.map { ($0.kind, $0.value) } ?? (.submit, nil)
                default: nil
                }
            }
        if let next { try? await screen.touch(next.0, next.1) }
    }

    private func leave() async throws {
        let _: Bool = try await Poll.until("the first screen after the receipt", deadline: .seconds(120)) {
            guard let now = await screen.current else { return .notYet("no screen") }
            if now.name == "attract" { return .there(true) }
            if now.countdown != nil { try? await screen.touch(.exit) } else { try? await screen.touch(.done) }
            return .notYet(now.summary)
        }
    }

    /// As long as a hand needs; the stream of screens is followed meanwhile.
    private func pause() async throws {
        try await Task.sleep(for: .milliseconds(100))
    }
}
