import BadNetwork
import Foundation
import PlatformAPI
import Testing

@testable import Bench

/// The code on the receipt, from the paper to whoever checks it.
@Suite(.serialized)
struct ReceiptTests {
    @Test func `the printed code is the kiosk's word, and brings the platform's`() async throws {
        try await Night.with { night in
            let layout = night.kiosk.layout
            try await night.kiosk.network.setOnline(false)
            try await night.toInsert()
            let reference = try await night.toReceipt()
            let code = try await night.codeOnPaper()
            let receipt = try SignedCustodyReceipt(token: code).receipt
            #expect(receipt.reference == reference && receipt.kiosk == VirtualKiosk.name)
            let kioskKey = layout.root.appending(path: "\(VirtualKiosk.name).pub").path
            let held = try await night.run("kioskctl", ["receipt", "check", "--key", kioskKey, code])
            #expect(held.contains(reference))
            let check = ["receipt", "check", "--data", layout.platformData.path, "--format", "json", code]
            let before = try await night.run("platformd", check)
            #expect(before.contains("\"held\""))

            try await night.kiosk.network.setOnline(true)
            try await night.delivered(reference)
            let after = try await night.run("platformd", check)
            #expect(after.contains("\"accepted\""))
            let acceptance = try #require(after.firstMatch(of: /CKA1:[^"]+/)).output
            let key = try await night.run("platformd", ["receipt", "key", "--data", layout.platformData.path])
            let platformKey = layout.temporary.appending(path: "platform.pub")
            try Data(key.utf8).write(to: platformKey)
            let accepted = try await night.run("kioskctl", ["receipt", "check", "--key", platformKey.path, String(acceptance)])
            let application = try #require(try await night.kiosk.officer.applications().first)
            #expect(accepted.contains(application.number))
        }
    }
}

extension Night {
    /// The text of the code on the first printed sheet.
    func codeOnPaper() async throws -> String {
        let printer = kiosk.printer
        let sheet = try await Poll.until("a sheet in the tray") { printer.printedDocuments().first.map { .there($0) } ?? .notYet("none") }
        // A4 at 300 dpi.
        let (width, height) = (2480, 3508)
        let page = try #require(try await Poppler.drawn(try Data(contentsOf: sheet), width: width, height: height).first)
        let picture = kiosk.layout.temporary.appending(path: "sheet.pgm")
        try (Data("P5\n\(width) \(height)\n255\n".utf8) + Data(page)).write(to: picture)
        return try await run("/usr/bin/zbarimg", ["--quiet", "--raw", "--nodbus", picture.path]).trimmingCharacters(in: .newlines)
    }
}
