import Foundation
import Hummingbird
import KioskModel
import LocalAPI
import Testing

@Suite struct LocalClientTests {
    @Test func everyReportArrivesWhole() async throws {
        try await withSampleServer { (socket: String) async throws in
            let client = LocalClient(socketPath: socket)
            #expect(try await client.status() == Samples.kiosk)
            #expect(try await client.devices() == [Samples.reader, Samples.printer])
            #expect(try await client.device("身份证阅读器") == Samples.reader)
            #expect(try await client.queue() == [Samples.waiting, Samples.rejected])
            #expect(try await client.queue(state: .rejected) == [Samples.rejected])
            #expect(try await client.queueItem(Samples.material) == Samples.rejected)
            #expect(try await client.session() == Samples.session)
        }
    }

    @Test func aProblemIsDecoded() async throws {
        try await withSampleServer { socket in
            let client = LocalClient(socketPath: socket)
            let noDevice = LocalProblem(status: 404, code: "device.unknown", detail: "no device has this name")
            await #expect(throws: LocalClientError.problem(noDevice)) {
                try await client.device("../status")
            }
            let noItem = LocalProblem(status: 404, code: "queue.unknown", detail: "the queue holds no such item")
            await #expect(throws: LocalClientError.problem(noItem)) {
                try await client.queueItem(UUID())
            }
        }
    }

    @Test func nobodyAtTheSocketIsNotRunning() async throws {
        let missing = FileManager.default.temporaryDirectory.appendingPathComponent("none-\(UUID().uuidString.prefix(8)).sock").path
        await #expect(throws: LocalClientError.notRunning(socket: missing)) { try await LocalClient(socketPath: missing).status() }
        // A file that a killed server left behind.
        let stale = missing + "2"
        #expect(FileManager.default.createFile(atPath: stale, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: stale) }
        await #expect(throws: LocalClientError.notRunning(socket: stale)) { try await LocalClient(socketPath: stale).status() }
    }

    @Test func anAnswerOfAnotherProgramIsNotUnderstood() async throws {
        let socket = FileManager.default.temporaryDirectory.appendingPathComponent("odd-\(UUID().uuidString.prefix(8)).sock").path
        let router = Router()
        router.get("/v1/status") { _, _ in "hello" }
        router.get("/v1/session") { _, _ in Response(status: .badGateway) }
        try await withServer(router, socket: socket) { socket in
            let client = LocalClient(socketPath: socket)
            await #expect(throws: LocalClientError.notUnderstood("status 200 without a readable KioskReport")) { try await client.status() }
            await #expect(throws: LocalClientError.notUnderstood("status 502 without a readable problem")) { try await client.session() }
        }
    }

    @Test func aSilentServerTimesOut() async throws {
        let socket = FileManager.default.temporaryDirectory.appendingPathComponent("mute-\(UUID().uuidString.prefix(8)).sock").path
        let router = Router()
        router.get("/v1/status") { _, _ -> Response in
            // Ends with the server: the client gives up long before.
            try await Task.sleep(for: .seconds(3600))
            return Response(status: .ok)
        }
        try await withServer(router, socket: socket) { socket in
            await #expect(throws: LocalClientError.timedOut(socket: socket)) {
                try await LocalClient(socketPath: socket, deadline: .milliseconds(200)).status()
            }
        }
    }

    @Test func aNameCannotLeaveItsPathSegment() {
        #expect(LocalRoute.device("../a b?c") == "/v1/devices/%2E%2E%2Fa%20b%3Fc")
        #expect(LocalRoute.queueItem(Samples.application) == "/v1/queue/0197a3c0-0000-7000-8000-000000000001")
    }
}
