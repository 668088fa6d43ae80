@testable import Bench
import Foundation
import Testing

/// The eye of the rig that kills device hosts: pages are told apart, and what is no page of anybody's isn't taken for one.
struct PagePrintTests {
    private static func page(_ title: String, _ number: Int = 1) throws -> Data {
        let citizen = try #require(SyntheticCitizen.all.first)
        return try SyntheticDocument(title: title, name: citizen.name, number: citizen.number, address: "—", page: number, pageCount: 2).jpeg()
    }

    private static func album() throws -> PageAlbum {
        var album = PageAlbum()
        for journey in [1, 2, 11, 12] {
            for page in 1...2 { try album.add(try Self.page("证明 \(journey) – \(page)", page), as: .init(journey: journey, page: page)) }
        }
        return album
    }

    /// As a preview shows it: smaller, in gray, compressed anew.
    @Test func aPageIsKnownThoughItWasMadeSmallAndGray() throws {
        let album = try Self.album()
        for (journey, page) in [(1, 1), (1, 2), (11, 1), (12, 2)] {
            let jpeg = try Self.page("证明 \(journey) – \(page)", page)
            let small = try ScannerPicture.convert(jpeg, from: 200, to: 100, gray: true)
            #expect(album.name(of: try PagePrint(jpeg: small)) == .init(journey: journey, page: page))
        }
    }

    @Test func halfAPageIsNone() throws {
        let print = try PagePrint(jpeg: try Self.page("证明 1 – 1"))
        let half = PagePrint(cells: Array(print.cells.prefix(print.cells.count / 2)) + [UInt8](repeating: 0, count: print.cells.count / 2 + 1))
        #expect(try Self.album().name(of: PagePrint(cells: Array(half.cells.prefix(print.cells.count)))) == nil)
    }

    @Test func aPageThatNobodyGaveIsNotTheOneThatItIsLike() throws {
        let album = try Self.album()
        #expect(album.name(of: PagePrint(cells: [UInt8](repeating: 255, count: PagePrint.width * PagePrint.height))) == nil)
    }

    /// A run in which anything was lost isn't good, nor one that did less than was asked for.
    @Test func nothingLostGoesUnseen() {
        var good = DeviceKills.Result()
        (good.killed, good.stopped, good.journeys, good.pagesGiven, good.pagesHeld) = (3, 1, 1, 2, 2)
        #expect(good.isGood(kills: 4))
        let harm: [(inout DeviceKills.Result) -> Void] = [
            { $0.killed = 2 }, { $0.journeys = 0 }, { $0.pagesHeld = 1 }, { $0.sessionsLost = 1 }, { $0.hostsLost = 1 }, { $0.copiesWrong = 1 },
            { ($0.pagesGiven, $0.pagesHeld) = (0, 0) },
        ]
        for hurt in harm {
            var bad = good
            hurt(&bad)
            #expect(!bad.isGood(kills: 4), "\(bad)")
        }
    }
}
