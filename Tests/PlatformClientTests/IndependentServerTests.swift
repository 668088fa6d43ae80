import AsyncHTTPClient
import Foundation
import KioskModel
import NIOHTTP1
import PlatformAPI
import Synchronization
import Testing

@testable import PlatformClient

/// The client's tus part against a tus server that isn't ours, which names its uploads as it likes and knows nothing of packets.
@Suite(.serialized, .timeLimit(.minutes(3))) struct IndependentServerTests {
    /// Nine whole pieces and a part of one.
    private static let size = 9 * PieceSize.first + 12_345

    private struct Bed {
        let server: IndependentServer
        let client: HTTPClient
        /// Of the files that are uploaded.
        let directory: URL
        let places = UploadPlaces()

        /// An upload of a file that it makes, in pieces of one size.
        func upload(seed: Int = 1, stopping: Turnstile? = nil, throttle: Throttle? = nil) async throws -> (TusUpload, Data) {
            let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* (17 + seed) &+ $0 >> 9) })
            let file = directory.appending(path: "packet-\(UUID())")
            try bytes.write(to: file)
            let upload = TusUpload(
                connection: PlatformConnection(base: server.base, token: Redacted(IndependentServer.token), client: client, deadline: .seconds(60)),
                file: try PacketFile(file), header: PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: "kiosk-1", sequence: 1),
                sealedDigest: Digest.sha256(bytes), line: Self.line(throttle ?? stopping.map { Throttle(bytesPerSecond: 1, clock: $0) }),
                places: places)
            return (upload, bytes)
        }

        static func line(_ throttle: Throttle? = nil) -> PlatformLine {
            PlatformLine(throttle: throttle, pieceSize: PieceSize(always: PieceSize.first))
        }
    }

    private func with(_ body: (Bed) async throws -> Void) async throws {
        let client = PlatformUplink.makeClient(.seconds(60))
        let directory = FileManager.default.temporaryDirectory.appending(path: "packets-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        do { try await body(Bed(server: try IndependentServer(), client: client, directory: directory)) } catch { Issue.record(error) }
        try await client.shutdown()
    }

    @Test func theBytesArriveAsTheyAre() async throws {
        try await with { bed in
            let (upload, bytes) = try await bed.upload()
            try await upload.run()
            #expect(try Array(bed.server.uploads().values) == [bytes])
            #expect(try bed.server.requests() == ["POST 201"] + Array(repeating: "PATCH 204", count: 10))
        }
    }

    @Test func killedInTheMiddleItIsGivenTheRest() async throws {
        try await with { bed in
            let turnstile = Turnstile(stopsAt: 4)
            let (upload, bytes) = try await bed.upload(stopping: turnstile)
            let running = Task { try await upload.run() }
            await turnstile.reached()
            bed.server.kill()
            turnstile.open()
            await #expect(throws: UplinkError.unreachable) { try await running.value }
            await #expect(throws: UplinkError.unreachable) { try await upload.run() }
            try bed.server.start()
            try await upload.run()
            #expect(try Array(bed.server.uploads().values) == [bytes])
            // Each piece once: four before, six behind it.
            let patches = Array(repeating: "PATCH 204", count: 10)
            #expect(try bed.server.requests() == ["POST 201"] + patches.prefix(4) + ["HEAD 200"] + patches.suffix(6))
        }
    }

    @Test func twoGoBesideEachOther() async throws {
        try await with { bed in
            // Whoever comes first waits for the other: neither gets to its end alone.
            let turnstile = Turnstile(stopsAt: 1, opensAt: 2)
            let throttle = Throttle(bytesPerSecond: 1, clock: turnstile)
            let (first, second) = (try await bed.upload(seed: 1, throttle: throttle), try await bed.upload(seed: 2, throttle: throttle))
            async let one: Void = first.0.run()
            async let two: Void = second.0.run()
            _ = try await (one, two)
            #expect(first.1 != second.1)
            #expect(try Set(bed.server.uploads().values) == [first.1, second.1])
        }
    }

    @Test func whatTheServerForgotBeginsAnew() async throws {
        try await with { bed in
            let turnstile = Turnstile(stopsAt: 3)
            let (upload, bytes) = try await bed.upload(stopping: turnstile)
            let running = Task { try await upload.run() }
            await turnstile.reached()
            let name = try #require(try bed.server.uploads().keys.first)
            let gone = try await upload.connection.tus(.DELETE, upload.connection.url(PlatformRoute.uploads + "/" + name))
            #expect(gone.status == 204)
            turnstile.open()
            // It answers before it has read the piece, and closes the connection: whether that is seen as an answer is a matter of luck.
            do { try await running.value } catch UplinkError.unreachable { try await upload.run() }
            #expect(try Array(bed.server.uploads().values) == [bytes])
            #expect(try bed.server.requests().count { $0 == "POST 201" } == 2)
        }
    }

    /// A kiosk that was started anew doesn't know where its upload lies at a server that makes up a place each time.
    @Test func aKioskThatWasStartedAnewBeginsAnewHere() async throws {
        try await with { bed in
            let turnstile = Turnstile(stopsAt: 2)
            let (begun, bytes) = try await bed.upload(stopping: turnstile)
            let running = Task { try await begun.run() }
            await turnstile.reached()
            running.cancel()
            turnstile.open()
            await #expect(throws: CancellationError.self) { try await running.value }
            let anew = TusUpload(
                connection: begun.connection, file: begun.file, header: begun.header, sealedDigest: begun.sealedDigest, line: Bed.line(),
                places: UploadPlaces())
            try await anew.run()
            #expect(try Set(bed.server.uploads().values) == [bytes, bytes.prefix(2 * PieceSize.first)])
        }
    }

    @Test func aTokenThatItDoesNotTakeIsNoUpload() async throws {
        try await with { bed in
            let (upload, _) = try await bed.upload()
            let stranger = TusUpload(
                connection: PlatformConnection(base: bed.server.base, token: Redacted("another"), client: bed.client, deadline: .seconds(60)),
                file: upload.file, header: upload.header, sealedDigest: upload.sealedDigest, line: Bed.line(), places: bed.places)
            await #expect(throws: UplinkError.unauthorised) { try await stranger.run() }
            #expect(try bed.server.uploads().isEmpty)
        }
    }
}

/// A clock whose sleeps end at once, but for one: as a throttle's it stops an upload between two of its pieces.
private final class Turnstile: Clock, Sendable {
    private let stopsAt: Int
    private let opensAt: Int?
    private let sleeps = Mutex(0)
    private let arrival = AsyncStream<Never>.makeStream()
    private let gate = AsyncStream<Never>.makeStream()

    /// - Parameters:
    ///   - stopsAt: the sleep, counted from 1, that lasts until `open`
    ///   - opensAt: the sleep that opens it, for want of anybody else
    init(stopsAt: Int, opensAt: Int? = nil) {
        self.stopsAt = stopsAt
        self.opensAt = opensAt
    }

    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Swift.Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Swift.Duration?) async throws {
        let number = sleeps.withLock { sleeps in
            sleeps += 1
            return sleeps
        }
        if number == opensAt { open() }
        guard number == stopsAt else { return }
        arrival.continuation.finish()
        for await _ in gate.stream {}
        try Task.checkCancellation()
    }

    /// Returns when somebody stands before it.
    func reached() async { for await _ in arrival.stream {} }

    func open() { gate.continuation.finish() }
}
