import AsyncHTTPClient
import BadNetwork
import Bench
import Foundation
import KioskModel
import KioskQueue
import Logging
import NIOCore
import NIOHTTP1
import Outbox
import PlatformAPI
import Testing

/// tuspy, a tus client that isn't ours, brings what a kiosk sealed to a real platform: whoever has a packet and the kiosk's token can.
@Suite(.cityPlatform, .timeLimit(.minutes(5))) struct IndependentClientTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func whatItBringsInTwoPartsIsAcknowledged() async throws {
        let city = try #require(CityPlatform.current)
        let proxy = NetworkProxy(target: city.platform.port)
        try await proxy.start()
        let (credential, key, directory) = try await city.enrol(port: proxy.port)
        defer { try? FileManager.default.removeItem(at: directory) }
        let outbox = try Outbox(directory: directory.appending(path: "outbox"), logger: Logger(label: "outbox") { _ in SwiftLogNoOpLogHandler() })
        let (submission, _) = try await KioskOnBadNetwork.commit(credential, key, to: OutboxStore(outbox), materialSize: 400_000)
        let entries = try outbox.entries().sorted { $0.sequence < $1.sequence }
        #expect(entries.map(\.kind) == ["application", "material"])
        // The application is one piece; the material breaks off in its third.
        for (entry, piece) in zip(entries, [1, 3]) {
            let cut = proxy.add(.reset(.upstream, after: 1000), on: .requests(method: "PATCH", nth: piece), times: 1)
            let begun = try upload(outbox.fileURL(for: entry), entry, credential, proxy.port)
            #expect(begun.status == 1 && begun.offset == 0 && proxy.fired(cut) == 1)
            let resumed = try upload(outbox.fileURL(for: entry), entry, credential, proxy.port, at: begun.place)
            #expect(resumed.status == 0 && resumed.place == begun.place)
            #expect(resumed.offset == (piece - 1) * 65_536, "what had arrived was sent again")
            let signed = try await acknowledgement(entry, credential, proxy.port)
            #expect(signed.verify(with: credential.acknowledgementKey))
            #expect(signed.acknowledgement.id == entry.id && signed.acknowledgement.kiosk == credential.kiosk)
            #expect(signed.acknowledgement.sealedDigest == entry.digest && signed.acknowledgement.sequence == entry.sequence)
        }
        let application = try #require(try await city.platform.officer.applications().first { $0.id == submission.id })
        #expect(application.status == .complete)
        let material = try await city.platform.officer.material(submission.materials[0].id, of: submission.id)
        #expect(Digest.sha256(material) == submission.materials[0].digest)
        await proxy.stop()
    }

    /// - Parameter place: of an upload that was begun; nil to begin one
    /// - Returns: where the upload lies, and at which byte it was taken up
    private func upload(
        _ file: URL, _ entry: OutboxEntry, _ credential: KioskCredential, _ port: Int, at place: String? = nil
    ) throws -> (status: Int32, place: String, offset: Int) {
        let python = Self.root.appending(path: ".venv/bin/python3")
        try #require(FileManager.default.isExecutableFile(atPath: python.path), "scripts/venv makes \(python.path)")
        let metadata = ["id": entry.id.wireText, "kind": entry.kind, "sequence": String(entry.sequence), "digest": entry.digest]
        let process = Process()
        let output = Pipe()
        process.executableURL = python
        process.arguments =
            [
                Self.root.appending(path: "Tests/Independent/tus_client.py").path, "http://127.0.0.1:\(port)\(PlatformRoute.uploads)", file.path,
                String(decoding: try JSONEncoder().encode(metadata), as: UTF8.self),
            ] + (place.map { [$0] } ?? [])
        let more = ["KIOSK_TOKEN": credential.token.reveal, "NO_PROXY": "127.0.0.1"]
        process.environment = ProcessInfo.processInfo.environment.merging(more) { $1 }
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let words = text.split(whereSeparator: \.isWhitespace)
        try #require(words.count == 2, "it didn't get as far as an upload")
        return (process.terminationStatus, String(words[0]), try #require(Int(words[1])))
    }

    private func acknowledgement(_ entry: OutboxEntry, _ credential: KioskCredential, _ port: Int) async throws -> SignedAcknowledgement {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(PlatformRoute.acknowledgement(entry.id))")
        request.headers.add(name: "Authorization", value: "Bearer " + credential.token.reveal)
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        #expect(answer.status == .ok)
        return try PlatformJSON.decode(SignedAcknowledgement.self, from: Data(try await answer.body.collect(upTo: 1 << 20).readableBytesView))
    }
}
