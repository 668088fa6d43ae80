import DeviceLink
import KioskFlow
import Testing

@testable import KioskRuntime

/// Frames on their way to the page: none lost to a page that keeps up, the newest for one that doesn't, and nothing kept.
@Suite(.timeLimit(.minutes(1))) struct CameraViewTests {
    private func put(_ number: Int, into feed: CameraFeed, of id: Int = 1, bytes: Int = 4) throws -> Bool {
        let jpeg = try MemoryFile.make(capacity: bytes) { _ in bytes }
        return feed.put(CameraFrame(sequence: number, width: 8, height: 8), jpeg, of: EffectID(id))
    }

    private func feed(_ id: Int = 1) -> CameraFeed {
        let feed = CameraFeed()
        feed.begin(EffectID(id))
        return feed
    }

    @Test func `a page that keeps up misses nothing`() async throws {
        let feed = feed()
        let view = try #require(feed.view("1"))
        for burst in 0..<25 {
            for number in 0..<CameraView.room { _ = try put(burst * CameraView.room + number, into: feed) }
            for number in 0..<CameraView.room { #expect(await view.next()?.sequence == burst * CameraView.room + number) }
        }
        #expect(view.counts == CameraView.Counts(sent: 25 * CameraView.room, dropped: 0))
    }

    @Test func `a slow page gets the newest, and what it missed is counted`() async throws {
        let feed = feed()
        let view = try #require(feed.view("1"))
        for number in 0..<100 { _ = try put(number, into: feed) }
        #expect(await view.next()?.sequence == 100 - CameraView.room)
        #expect(view.counts == CameraView.Counts(sent: 1, dropped: 100 - CameraView.room))
    }

    @Test func `a frame of absurd size is not shown`() async throws {
        let feed = feed()
        let view = try #require(feed.view("1"))
        _ = try put(0, into: feed, bytes: CameraFeed.maxBytes + 1)
        _ = try put(1, into: feed)
        #expect(await view.next()?.sequence == 1)
        #expect(view.counts.dropped == 1)
    }

    @Test func `only what shows now can be looked at, by one page`() async throws {
        let feed = feed(7)
        #expect(feed.view("6") == nil && feed.view("") == nil)
        let first = try #require(feed.view("7"))
        let second = try #require(feed.view("7"))
        #expect(await first.next() == nil, "the newer page has it")
        #expect(try put(0, into: feed, of: 7), "the first picture")
        #expect(try !put(1, into: feed, of: 7))
        #expect(try !put(2, into: feed, of: 6), "of an effect that is over")
        #expect(await second.next()?.sequence == 0)
        feed.begin(EffectID(8))
        feed.end(EffectID(7))
        #expect(feed.view("8") != nil, "an end that comes late ends nothing else")
    }

    @Test func `the end lets go of what waits and wakes who waits`() async throws {
        let feed = feed()
        let view = try #require(feed.view("1"))
        let ended = AsyncStream.makeStream(of: Void.self)
        view.onEnd { ended.continuation.yield() }
        _ = try put(0, into: feed)
        feed.end(EffectID(1))
        #expect(await view.next() == nil)
        for await _ in ended.stream { break }
        #expect(feed.view("1") == nil)

        feed.begin(EffectID(2))
        let waiting = try #require(feed.view("2"))
        async let frame = waiting.next()
        feed.end(EffectID(2))
        #expect(await frame == nil)
    }

    @Test func `a page that goes stops waiting`() async throws {
        let feed = feed()
        let view = try #require(feed.view("1"))
        let task = Task { await view.next() }
        task.cancel()
        #expect(await task.value == nil)
    }
}
