import BadNetwork
import Foundation
import KioskModel
import LocalAPI
import PlatformAPI
import Synchronization

/// One citizen's story without a screen: the same processes, the same touches, the same proofs every time.
public final class Demo: Sendable {
    public struct Options: Sendable {
        public var citizen: SyntheticCitizen
        /// kill -9 of kioskd between receipt and upload, and of platformd during the upload.
        public var kill: Bool
        public var pages = 2

        public init(citizen: SyntheticCitizen, kill: Bool) {
            self.citizen = citizen
            self.kill = kill
        }
    }

    let kiosk: VirtualKiosk
    let options: Options
    let documents: [Data]
    private let began = ContinuousClock.now

    public init(kiosk: VirtualKiosk, options: Options) throws {
        self.kiosk = kiosk
        self.options = options
        documents = try VirtualKiosk.document(of: options.citizen, pages: options.pages)
    }

    /// Plays the story to its end, stops everything and searches. Throws when a step was waited for in vain.
    public func run() async throws -> DemoResult {
        var result = DemoResult()
        step("starting the platform, the virtual hardware and the kiosk")
        try await kiosk.start()
        let screen = try await Touchscreen.open(try await kiosk.startAddress())
        if options.kill {
            try await kiosk.network.setOnline(false)
            step("the network is unplugged")
        }
        let reference = try await play(on: screen)
        result.receiptPrinted = try await receiptIsPrinted(reference)
        step(result.receiptPrinted ? "the receipt is printed and carries the reference" : "the receipt isn't printed")
        if options.kill { result.kills = try await killOnTheWay() }
        let pdfs = try await verify(reference, into: &result)
        await screen.close()
        if !options.kill { try await leave(screen) }
        kiosk.ledger?.captureMappedFiles()
        step("stopping everything")
        await kiosk.stop()
        try await search(pdfs, into: &result)
        return result
    }

    // MARK: The citizen

    /// From the first touch to the receipt; returns the reference.
    private func play(on screen: Touchscreen) async throws -> String {
        try await see("attract", on: screen)
        try await screen.touch(.start)
        try await see("menu", on: screen) { $0.offered.contains { $0.kind == .chooseJourney } }
        try await screen.touch(.chooseJourney, "upload")
        try await see("lay-card", on: screen)
        try await kiosk.act(BenchAction.Reader(action: .lay, citizen: options.citizen.id))
        step("the card is laid on the reader")
        try await see("identity", on: screen)
        try await screen.touch(.confirm)
        try await see("take-card", on: screen)
        try await kiosk.act(BenchAction.Reader(action: .lift, citizen: nil))
        step("the card is taken")
        try await see("items", on: screen)
        try await screen.touch(.chooseItem)
        var checklist = try await see("checklist", on: screen)
        while let material = checklist.missingMaterial {
            try await screen.touch(material.kind, material.value)
            try await see("insert", on: screen)
            await kiosk.scanner.load(pages: documents)
            step("\(documents.count) pages are put into the scanner")
            try await screen.touch(.scan)
            try await see("preview", on: screen, deadline: .seconds(90))
            try await screen.touch(.finishMaterial)
            checklist = try await see("checklist", on: screen) { $0.missingMaterial != material }
        }
        try await screen.touch(.submit)
        try await see("review", on: screen)
        try await screen.touch(.confirm)
        let receipt = try await see("receipt", on: screen, deadline: .seconds(60)) { $0.reference != nil }
        guard let reference = receipt.reference else { throw Poll.Missed(what: "a reference", deadline: .zero, last: receipt.summary) }
        step("the receipt is shown: \(reference)")
        return reference
    }

    /// Waits for a screen of that name.
    @discardableResult
    private func see(
        _ name: String, on screen: Touchscreen, deadline: Duration = .seconds(30), where condition: @Sendable (Screen) -> Bool = { _ in true }
    ) async throws -> Screen {
        let found = try await screen.waitFor(name, deadline: deadline, where: condition)
        step("screen `\(name)`")
        return found
    }

    /// The citizen is done: the wipe must end at the first screen.
    private func leave(_ screen: Touchscreen) async throws {
        let fresh = try await Touchscreen.open(try await kiosk.startAddress())
        try await see("receipt", on: fresh) { $0.offered.contains { $0.kind == .done } }
        try await fresh.touch(.done)
        try await see("attract", on: fresh)
        await fresh.close()
    }

    func step(_ text: String) {
        let elapsed = began.duration(to: .now)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        // Not `print`: the line must come out at once, also into a pipe.
        FileHandle.standardOutput.write(Data(String(format: "%7.2f s  %@\n", seconds, text).utf8))
    }
}
