import Foundation
import GRDB
import KioskModel
import NIOHTTP1
import Platform
import PlatformAPI
import Testing

/// tus's expiration: what was begun and left doesn't lie there for ever, and costs nobody anything.
@Suite struct ExpirationTests {
    private func isDate(_ text: String?) -> Bool {
        let days = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20[0-9]{2}"
        return text?.range(of: "^\(days) [0-2][0-9]:[0-5][0-9]:[0-5][0-9] GMT$", options: .regularExpression) != nil
    }

    private func expires(_ answer: PlatformUnderTest.Answer) -> String? { answer.headers.first(name: Tus.uploadExpires) }

    @Test func whatIsUnfinishedSaysWhenItIsForgotten() async throws {
        try await PlatformUnderTest.with { platform in
            let kiosk = try await platform.enrol("kiosk-1")
            let packet = try TestApplication(kiosk).application
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            let created = try await tus.post(packet)
            #expect(created.status == 201 && isDate(expires(created)))
            let again = try await tus.post(packet)
            #expect(again.status == 200 && isDate(expires(again)))
            let half = packet.sealed.count / 2
            let first = try await tus.patch(packet.header.id, packet.sealed.prefix(half), at: 0)
            #expect(first.status == 204 && isDate(expires(first)))
            let head = try await tus.head(packet.header.id)
            #expect(isDate(expires(head)))
            let last = try await tus.patch(packet.header.id, packet.sealed.dropFirst(half), at: half)
            #expect(last.status == 204 && expires(last) == nil, "what is complete stays")
            let options = try await platform.request(.OPTIONS, PlatformRoute.uploads, token: kiosk.token.reveal)
            #expect(options.headers.first(name: Tus.extensionHeader)?.split(separator: ",").contains("expiration") == true)
            let document = try await platform.request(.GET, PlatformRoute.openAPI).body
            let (uploads, one) = (PlatformRoute.uploads, PlatformRoute.uploads + "/{id}")
            for (path, method, answer) in [
                (uploads, "post", created), (uploads, "post", again), (one, "head", head), (one, "patch", first), (uploads, "options", options),
            ] {
                #expect(try described(path, method, answer.status, in: document) == ofTus(answer), "\(method) \(answer.status)")
            }
        }
    }

    /// The header fields of an answer that the protocol brings along.
    private func ofTus(_ answer: PlatformUnderTest.Answer) -> [String] {
        answer.headers.map(\.name).filter { $0.hasPrefix("Tus-") || $0.hasPrefix("Upload-") || $0 == "Location" }.sorted()
    }

    private func described(_ path: String, _ method: String, _ status: Int, in document: Data) throws -> [String] {
        var place = try #require(try JSONSerialization.jsonObject(with: document) as? [String: Any])
        for key in ["paths", path, method, "responses", String(status), "headers"] { place = try #require(place[key] as? [String: Any], "\(key)") }
        return place.keys.sorted()
    }

    @Test func whatWasLeftIsForgottenAndBegunAnew() async throws {
        try await PlatformUnderTest.with { platform in
            let kiosk = try await platform.enrol("kiosk-1")
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            let (left, slow, done) = (
                try TestApplication(kiosk).application, try TestApplication(kiosk).application, try TestApplication(kiosk).application
            )
            for packet in [left, slow, done] { #expect(try await tus.post(packet).status == 201) }
            for packet in [left, slow] { #expect(try await tus.patch(packet.header.id, packet.sealed.prefix(100), at: 0).status == 204) }
            #expect(try await tus.patch(done.header.id, done.sealed, at: 0).status == 204)
            try await age(by: 8, platform)
            // A line so slow that it takes longer than a week has come to this one since.
            #expect(try await tus.patch(slow.header.id, slow.sealed[100..<200], at: 100).status == 204)
            await platform.interrupt()
            // It looks through them at its start, and every hour.
            try await platform.start()
            let deadline = ContinuousClock.now + .seconds(20)
            while try await tus.head(left.header.id).status == 200 {
                try #require(ContinuousClock.now < deadline, "it is never forgotten")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(!FileManager.default.fileExists(atPath: platform.data.appendingPathComponent("packets/\(left.header.id.wireText)").path))
            #expect(try await tus.acknowledgement(done.header.id).status == 200)
            #expect(try await tus.patch(slow.header.id, slow.sealed.dropFirst(200), at: 200).status == 204)
            #expect(try await tus.acknowledgement(slow.header.id).status == 200)
            // Its kiosk has it still.
            #expect(try await tus.post(left).status == 201)
            #expect(try await tus.patch(left.header.id, left.sealed, at: 0).status == 204)
            #expect(try await tus.acknowledgement(left.header.id).status == 200)
        }
    }

    /// Everything was last added to so many days earlier than it was.
    private func age(by days: Int, _ platform: PlatformUnderTest) async throws {
        let database = try DatabaseQueue(path: platform.data.appendingPathComponent("platform.sqlite").path)
        try await database.write { try $0.execute(sql: "UPDATE upload SET touched_at = touched_at - ?", arguments: [days * 86_400]) }
        try database.close()
    }
}
