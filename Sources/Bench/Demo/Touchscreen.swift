import AsyncHTTPClient
import Foundation
import KioskModel
import LocalAPI
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// A citizen's finger and eyes: opens the touchscreen as the page does, follows its event stream, and touches only what the screen offers.
actor Touchscreen {
    /// What the screen doesn't offer can't be touched.
    struct NotOffered: Error, CustomStringConvertible {
        var kind: Touch.Kind
        var screen: String

        var description: String { "the screen `\(screen)` doesn't offer \(kind.rawValue)" }
    }

    /// kioskd answered with this status.
    struct Refused: Error, CustomStringConvertible {
        var path: String
        var status: UInt

        var description: String { "kioskd answered \(status) to \(path)" }
    }

    private let origin: String
    private let cookie: String
    private var latest: ScreenUpdate?
    private var stream: Task<Void, any Error>?

    /// Redeems the address and begins to follow the screen.
    static func open(_ startAddress: String) async throws -> Touchscreen {
        guard let url = URL(string: startAddress), let host = url.host, let port = url.port else { throw Refused(path: "start address", status: 0) }
        // Its redirect carries the cookie and must not be followed blindly.
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let response = try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await client.execute(HTTPClientRequest(url: startAddress), timeout: .seconds(10))
        }
        guard response.status == .seeOther, let cookie = response.headers.first(name: "Set-Cookie")?.split(separator: ";").first else {
            throw Refused(path: "/start", status: UInt(response.status.code))
        }
        let screen = Touchscreen(origin: "http://\(host):\(port)", cookie: String(cookie))
        await screen.follow()
        return screen
    }

    private init(origin: String, cookie: String) {
        self.origin = origin
        self.cookie = cookie
    }

    func close() { stream?.cancel() }

    /// The screen now with its session; nil before the first push.
    var update: ScreenUpdate? { latest }

    /// The screen now; nil before the first push.
    var current: Screen? { latest?.screen }

    /// Touches what the screen offers of this kind: the first one, or the one of that value.
    func touch(_ kind: Touch.Kind, _ value: String? = nil) async throws {
        guard let update = latest, let touch = update.screen.offered.first(where: { $0.kind == kind && (value == nil || $0.value == value) }) else {
            throw NotOffered(kind: kind, screen: latest?.screen.name ?? "none")
        }
        var request = HTTPClientRequest(url: origin + "/touch")
        request.method = .POST
        request.headers = ["Cookie": cookie, "Origin": origin, "X-Kiosk": "touch", "Content-Type": "application/json"]
        request.body = .bytes(try JSONEncoder().encode(TouchEvent(session: update.session, revision: update.revision, touch: touch)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        guard (200..<300).contains(response.status.code) else { throw Refused(path: "/touch", status: UInt(response.status.code)) }
    }

    /// Waits until a screen of that name is shown that also fulfils the condition.
    @discardableResult
    nonisolated func waitFor(
        _ name: String, deadline: Duration = .seconds(30), where condition: @Sendable (Screen) -> Bool = { _ in true }
    ) async throws -> Screen {
        try await Poll.until("the screen `\(name)`", deadline: deadline) {
            guard let current = await self.current else { return .notYet("no screen") }
            return current.name == name && condition(current) ? .there(current) : .notYet(current.summary)
        }
    }

    /// The picture of a scanned page, as the page's `<img>` asks for it.
    func picture(of page: String) async throws -> Data {
        var request = HTTPClientRequest(url: origin + "/pages/" + page)
        request.headers = ["Cookie": cookie]
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        guard response.status == .ok else { throw Refused(path: "/pages", status: UInt(response.status.code)) }
        return Data(try await response.body.collect(upTo: 4 << 20).readableBytesView)
    }

    private func follow() {
        stream = Task { [origin, cookie] in
            var request = HTTPClientRequest(url: origin + "/events")
            request.headers = ["Cookie": cookie, "Accept": "text/event-stream"]
            let response = try await HTTPClient.shared.execute(request, deadline: .distantFuture)
            guard response.status == .ok else { throw Refused(path: "/events", status: UInt(response.status.code)) }
            var buffer = ByteBuffer()
            for try await var part in response.body {
                buffer.writeBuffer(&part)
                while let line = buffer.readLine() { if line.hasPrefix("data:") { receive(line.dropFirst(5)) } }
            }
        }
    }

    private func receive(_ json: Substring) {
        if let update = try? JSONDecoder().decode(ScreenUpdate.self, from: Data(json.utf8)) { latest = update }
    }
}

extension Screen {
    /// Everything that can be touched now, as the page offers it: over all else the countdown.
    var offered: [Touch] {
        if let countdown { return [countdown.extend.touch, countdown.leave.touch] }
        return actions.map(\.touch)
            + body.flatMap { component -> [Touch] in
                switch component {
                case .choice(let rows): rows.filter { $0.unavailable == nil }.map(\.touch)
                case .checklist(let rows): rows.compactMap(\.touch)
                case .pages(let rows): rows.flatMap { $0.actions.map(\.touch) }
                default: []
                }
            }
    }

    /// The required material that is still missing.
    var missingMaterial: Touch? {
        for case .checklist(let rows) in body {
            if let row = rows.first(where: { $0.state == .missing }) { return row.touch }
        }
        return nil
    }

    /// The receipt's reference number.
    var reference: String? {
        for case .reference(let number, _) in body { return number }
        return nil
    }

    /// Names and tones only: what may be printed when something goes wrong.
    var summary: String {
        var keys: [String] = []
        for case .notice(_, .key(let key, _)) in body { keys.append(key) }
        return "`\(name)`" + (keys.isEmpty ? "" : " (\(keys.joined(separator: ", ")))")
    }
}

extension ByteBuffer {
    /// The next line without its end; nil while it isn't complete.
    fileprivate mutating func readLine() -> String? {
        guard let end = readableBytesView.firstIndex(of: 0x0A) else { return nil }
        let line = readString(length: end - readerIndex)
        moveReaderIndex(forwardBy: 1)
        return line
    }
}
