import Bench
import DeviceLink
import FoundationEssentials
import KioskModel
import Testing

@testable import IDCardReader

/// The real driver on the simulated reader, over one of the lines.
final class ReaderBench: @unchecked Sendable {
    let simulator: any SimulatedReader
    private(set) var driver: IDCardReaderDriver
    private let timing: IDCardReaderDriver.Timing

    /// Deadlines short enough for tests; the simulator answers within a millisecond, but machines are loaded.
    static let timing = IDCardReaderDriver.Timing(
        control: 300, find: 300, select: 300, read: 300, append: 300, findPause: 5, removalPause: 5)

    private init(_ line: ReaderLine, timing: IDCardReaderDriver.Timing) throws {
        simulator = try line.makeReader()
        self.timing = timing
        driver = Self.driver(of: simulator, timing: timing)
    }

    private static func driver(of simulator: any SimulatedReader, timing: IDCardReaderDriver.Timing) -> IDCardReaderDriver {
        IDCardReaderDriver(timing: timing) { (_, _) throws(ReaderFailure) in try simulator.open() }
    }

    /// Runs `body` with a plugged-in reader and takes everything down afterwards.
    static func run(
        _ line: ReaderLine, timing: IDCardReaderDriver.Timing = timing, _ body: (ReaderBench) async throws -> Void
    ) async throws {
        let bench = try ReaderBench(line, timing: timing)
        try await bench.simulator.start()
        do {
            try await body(bench)
            await bench.simulator.stop()
        } catch {
            await bench.simulator.stop()
            throw error
        }
    }

    /// A new driver, as a host started after the death of another has; the dead one's port is closed.
    func restartDriver() {
        driver = Self.driver(of: simulator, timing: timing)
    }

    /// A second driver, beside the first.
    func makeDriver() -> IDCardReaderDriver { Self.driver(of: simulator, timing: timing) }

    /// A context that lasts `milliseconds`; `onFound` is called when the driver reports a card.
    static func context(_ milliseconds: Int = 5000, onFound: @escaping @Sendable () -> Void = {}) -> CommandContext {
        CommandContext(deadline: .now + .milliseconds(milliseconds)) { progress, _ in
            if progress == .cardFound { onFound() }
        }
    }

    func read(fingerprints: Bool = false, context: CommandContext = context()) throws -> IdentityCard {
        let reply = try driver.perform(.readCard(fingerprints: fingerprints), files: [], context: context)
        guard case .card(let card) = reply.result else { throw Unexpected.result }
        return card
    }

    /// Reads the card that lies there and expects everything that the card of `citizen` says.
    func expectRead(_ citizen: SyntheticCitizen, context: CommandContext = context()) throws {
        let card = try read(context: context)
        let expected = try expectedCard(citizen)
        #expect(card == expected)
    }

    enum Unexpected: Error { case result }
}

/// What the card of a synthetic citizen must be read as.
func expectedCard(_ citizen: SyntheticCitizen) throws -> IdentityCard {
    let number: IdentityCard.Number =
        citizen.kind == .foreigner2017 ? .foreigner2017(citizen.number) : .citizen(try #require(IDNumber(citizen.number)))
    return IdentityCard(
        kind: citizen.kind, name: citizen.name, latinName: citizen.latinName, number: number, sex: citizen.sex,
        ethnicGroupCode: citizen.ethnicGroupCode, birth: citizen.birth, address: citizen.newestAddress ?? citizen.address, issuer: citizen.issuer,
        validity: .init(from: citizen.validFrom, until: citizen.validUntil), permitNumber: citizen.permitNumber, issueCount: citizen.issueCount,
        nationality: citizen.nationality, previousNumberLink: citizen.previousNumberLink, photo: Data(SyntheticCard(citizen).photo))
}
