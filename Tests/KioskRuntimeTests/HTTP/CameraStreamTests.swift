import AsyncHTTPClient
import DeviceLink
import Foundation
import KioskModel
import LocalAPI
import NIOCore
import NIOHTTP1
import Testing

@testable import KioskRuntime

/// The camera's picture on its way to a real client over a real socket.
@Suite(.timeLimit(.minutes(1))) struct CameraStreamTests {
    private let server = TouchscreenServerTests()

    /// Name of the live picture that the screen shows.
    private func name(_ kiosk: ScriptedKiosk) async throws -> String {
        for case .camera(let name, _) in await kiosk.engine.current.screen.body { return name }
        throw CancellationError()
    }

    private static func frame(_ number: Int, _ bytes: [UInt8], _ call: ScriptedDevices.Call) throws {
        call.progress(.frame(CameraFrame(sequence: number, width: 8, height: 8)), [try MemoryFile.copying(bytes)])
    }

    /// Reads until `text` has come.
    private static func read(_ body: inout HTTPClientResponse.Body.AsyncIterator, until text: String, _ seen: inout String) async throws {
        while !seen.contains(text), let part = try await body.next() { seen += String(decoding: part.readableBytesView, as: UTF8.self) }
        #expect(seen.contains(text))
    }

    @Test func `the page gets every frame byte for byte, and no more once the screen is left`() async throws {
        try await server.withPage { page in
            var calls = page.kiosk.devices.calls.makeAsyncIterator()
            let preview = try await page.kiosk.toCamera(&calls)
            #expect(preview.command == .preview(CameraRequest()) && preview.name == "camera")
            let path = "/camera/" + (try await name(page.kiosk))
            #expect(try await page.get(path).status == .forbidden, "without the cookie")
            let cookie = try await page.cookie()
            #expect(try await page.get(path, cookie: cookie, headers: ["Origin": "http://evil.example"]).status == .forbidden)
            #expect(try await page.get("/camera/0", cookie: cookie).status == .notFound)

            let answer = try await page.get(path, cookie: cookie)
            #expect(answer.headers.first(name: "Content-Type") == "multipart/x-mixed-replace; boundary=kiosk-camera")
            #expect(answer.headers.first(name: "Cache-Control") == "no-store")
            #expect(answer.headers.first(name: "Content-Security-Policy")?.contains("default-src 'self'") == true)
            var body = answer.body.makeAsyncIterator()
            var seen = ""
            try Self.frame(3, Array("JPEG three".utf8), preview)
            try Self.frame(4, Array("JPEG four".utf8), preview)
            try await Self.read(&body, until: "JPEG four\r\n--kiosk-camera\r\n", &seen)
            #expect(
                seen == "--kiosk-camera\r\nContent-Type: image/jpeg\r\nContent-Length: 10\r\nX-Frame: 3\r\n\r\nJPEG three\r\n"
                    + "--kiosk-camera\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\nX-Frame: 4\r\n\r\nJPEG four\r\n--kiosk-camera\r\n")

            try await page.kiosk.touch(.exit)
            try Self.frame(5, Array("JPEG five".utf8), preview)
            while let part = try await body.next() { seen += String(decoding: part.readableBytesView, as: UTF8.self) }
            #expect(!seen.contains("JPEG five"), "the citizen has left")
            #expect(try await page.get(path, cookie: cookie).status == .notFound)
        }
    }

    @Test func `a page that doesn't read costs a few frames of memory, and gets the newest`() async throws {
        try await server.withPage { page in
            var calls = page.kiosk.devices.calls.makeAsyncIterator()
            let preview = try await page.kiosk.toCamera(&calls)
            let answer = try await page.get("/camera/" + (try await name(page.kiosk)), cookie: try await page.cookie())
            var body = answer.body.makeAsyncIterator()
            // A hundred megabytes, which no buffer on the way takes.
            let picture = [UInt8](repeating: 7, count: 1 << 20)
            for number in 0..<100 { try Self.frame(number, picture, preview) }
            try Self.frame(100, Array("newest".utf8), preview)
            var bytes = 0
            var tail = ""
            while !tail.contains("newest"), let part = try await body.next() {
                bytes += part.readableBytes
                // The word may come in two parts.
                tail = String((tail + String(decoding: part.readableBytesView.suffix(200), as: UTF8.self)).suffix(400))
            }
            #expect(tail.contains("newest") && bytes < 30 << 20)
            try await page.kiosk.touch(.exit)
        }
    }

    @Test func `a page that reads no more is hung up on when the screen is left`() async throws {
        try await server.withPage { page in
            var calls = page.kiosk.devices.calls.makeAsyncIterator()
            let preview = try await page.kiosk.toCamera(&calls)
            let answer = try await page.get("/camera/" + (try await name(page.kiosk)), cookie: try await page.cookie())
            for number in 0..<20 { try Self.frame(number, [UInt8](repeating: 7, count: 4 << 20), preview) }
            try await page.kiosk.touch(.exit)
            _ = await page.kiosk.screen("attract")
            // What was under way comes to an end, whole or not.
            do { for try await _ in answer.body {} } catch is HTTPClientError {}
        }
    }

    @Test func `a picture becomes a page, and the camera is asked again when it fails`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        _ = try await kiosk.toCamera(&calls)
        try await kiosk.touch(.takePicture)
        let capture = try #require(await calls.next())
        #expect(capture.command == .capture(CameraRequest()))
        let jpeg = try MemoryFile.copying([1, 2, 3])
        capture.answer(DeviceOutcome(completion: .success(.picture(CameraFrame(sequence: 0, width: 8, height: 8))), files: [jpeg]))
        let straighten = try #require(await calls.next())
        #expect(straighten.command == .straightenPicture(StraightenRequest()) && straighten.name == "imaging")
        straighten.answer(
            DeviceOutcome(completion: .success(.page(SessionEngineTests.image)), files: [try MemoryFile.copying([0, 0, 0, 0])]))
        _ = await kiosk.screen("preview")
        #expect(try #require(await calls.next()).command == .assessPage(SessionEngineTests.image))

        try await kiosk.touch(.scan)
        let preview = try #require(await calls.next())
        let fault = DeviceFault(code: "camera.absent", action: .replug, detail: "no such camera")
        preview.answer(DeviceOutcome(completion: .fault(fault)))
        let again = try #require(await calls.next())
        #expect(again.command == .preview(CameraRequest()))
        try Self.frame(0, [1], again)
        while await kiosk.engine.current.screen.tone != .normal { await Task.yield() }
        #expect(try await name(kiosk) != "")
    }
}
