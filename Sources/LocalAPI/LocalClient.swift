internal import AsyncHTTPClient
public import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Asks kioskd over its Unix socket, as kioskctl does. Every call opens a connection of its own and throws `LocalClientError`.
public struct LocalClient: Sendable {
    /// Where kioskd listens.
    public let socketPath: String
    /// How long a call may take in all.
    public let deadline: Duration

    /// The most that an answer may hold, in bytes: far above any real one.
    static let longestAnswer = 24 << 20

    /// Connects to nothing yet.
    public init(socketPath: String, deadline: Duration = .seconds(10)) {
        self.socketPath = socketPath
        self.deadline = deadline
    }

    /// The kiosk at a glance.
    public func status() async throws -> KioskReport { try await get(LocalRoute.status) }

    /// All devices, in the order of the configuration.
    public func devices() async throws -> [DeviceReport] { try await get(LocalRoute.devices) }

    /// Throws `problem` with status 404 when no device has this name.
    public func device(_ name: String) async throws -> DeviceReport { try await get(LocalRoute.device(name)) }

    /// Doors opened and jobs printed, the newest first.
    public func deviceLog(_ name: String, limit: Int = 50) async throws -> [DeviceLogEntry] {
        try await get(LocalRoute.deviceLog(name, limit: limit))
    }

    /// Has the device let go of and opened anew. Throws `problem` with status 502 and the fault's code when that failed.
    public func resetDevice(_ name: String) async throws -> DeviceReport {
        try await get(LocalRoute.deviceReset(name), method: .POST)
    }

    /// Begins a recording of the device's line. Throws as `resetDevice`.
    public func beginRecording(_ name: String) async throws -> DeviceReport {
        try await get(LocalRoute.recordingBegin(name), method: .POST)
    }

    /// Ends it. Throws as `resetDevice`.
    public func endRecording(_ name: String) async throws -> DeviceRecording {
        try await get(LocalRoute.recordingEnd(name), method: .POST)
    }

    /// In order of commit: the newest 1000, or the next 1000 behind the number `after`.
    public func queue(state: QueueItemReport.State? = nil, after: UInt64? = nil) async throws -> [QueueItemReport] {
        try await get(LocalRoute.queue(state: state, after: after))
    }

    /// Throws `problem` with status 404 when the queue holds no such item.
    public func queueItem(_ id: UUID) async throws -> QueueItemReport { try await get(LocalRoute.queueItem(id)) }

    /// Keeps an item from being delivered until `retryQueueItem`. Throws `problem` with status 404, or 409 when the item doesn't wait.
    public func holdQueueItem(_ id: UUID) async throws -> QueueItemReport { try await get(LocalRoute.queueHold(id), method: .POST) }

    /// Has an item delivered at once. Throws `problem` with status 404, or 409 when it has been delivered.
    public func retryQueueItem(_ id: UUID) async throws -> QueueItemReport { try await get(LocalRoute.queueRetry(id), method: .POST) }

    /// Sets an item aside until `retryQueueItem`. Throws `problem` with status 404, or 409 when it neither waits nor is held.
    public func quarantineQueueItem(_ id: UUID) async throws -> QueueItemReport { try await get(LocalRoute.queueQuarantine(id), method: .POST) }

    /// Hands out an item's sealed file in pieces. `deadline` counts from one piece to the next here.
    /// Throws `problem` with status 404 when there is no such item or file, and what `take` throws.
    public func queuePacket(_ id: UUID, _ take: (Data) throws -> Void) async throws {
        do {
            try await exchange(LocalRoute.queuePacket(id), method: .GET, reading: deadline) { response in
                guard response.status.code == 200 else {
                    _ =
                        try decode(
                            status: response.status.code, body: Data((try await response.body.collect(upTo: Self.longestAnswer)).readableBytesView)
                        ) as LocalProblem
                    return
                }
                for try await part in response.body {
                    do { try take(Data(part.readableBytesView)) } catch { throw Refused(error: error) }
                }
            }
        } catch let refused as Refused {
            throw refused.error
        }
    }

    /// What the taker of an answer threw.
    private struct Refused: Error {
        var error: any Error
    }

    /// How much is in which state.
    public func queueStatistics() async throws -> QueueStatistics { try await get(LocalRoute.queueStatistics) }

    /// Begins a verification, or hurries the one under way.
    public func verifyQueue() async throws -> QueueVerificationReport { try await get(LocalRoute.queueVerification, method: .POST) }

    /// The verification under way, or the last. Throws `problem` with status 404 when there is none, 502 when the last one failed.
    public func queueVerification() async throws -> QueueVerificationReport { try await get(LocalRoute.queueVerification) }

    /// Which screen stands.
    public func session() async throws -> SessionReport { try await get(LocalRoute.session) }

    private func get<Answer: Decodable & Sendable>(_ path: String, method: HTTPMethod = .GET) async throws -> Answer {
        let (status, body) = try await exchange(path, method: method, within: deadline) { response in
            (response.status.code, try await response.body.collect(upTo: Self.longestAnswer))
        }
        return try decode(status: status, body: Data(body.readableBytesView))
    }

    /// - Parameters:
    ///   - reading: how long the other end may be silent
    ///   - within: how long all of it may take
    private func exchange<Value>(
        _ path: String, method: HTTPMethod, reading: Duration? = nil, within: Duration = .seconds(24 * 3600),
        _ body: (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        guard let url = URL(httpURLWithSocketPath: socketPath, uri: path) else { throw LocalClientError.notRunning(socket: socketPath) }
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // A socket that nobody listens at is an answer, not a reason to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.read = reading.map { .nanoseconds($0.nanoseconds) }
        do {
            return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                var request = HTTPClientRequest(url: url.absoluteString)
                request.method = method
                return try await body(try await client.execute(request, timeout: .nanoseconds(within.nanoseconds)))
            }
        } catch let error as LocalClientError {
            throw error
        } catch let refused as Refused {
            throw refused
        } catch {
            throw translated(error)
        }
    }

    private func decode<Answer: Decodable>(status: UInt, body: Data) throws -> Answer {
        let decoder = LocalJSON.decoder()
        do {
            guard status == 200 else { throw LocalClientError.problem(try decoder.decode(LocalProblem.self, from: body)) }
            return try decoder.decode(Answer.self, from: body)
        } catch let error as LocalClientError {
            throw error
        } catch {
            throw LocalClientError.notUnderstood("status \(status) without a readable \(status == 200 ? "\(Answer.self)" : "problem")")
        }
    }

    private func translated(_ error: any Error) -> LocalClientError {
        switch error {
        case let error as IOError where error.errnoCode == ENOENT || error.errnoCode == ECONNREFUSED || error.errnoCode == ENOTSOCK:
            return .notRunning(socket: socketPath)
        case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
            return .notPermitted(socket: socketPath)
        case let error as HTTPClientError
        where [.connectTimeout, .readTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout].contains(error):
            return .timedOut(socket: socketPath)
        case is NIOTooManyBytesError:
            return .notUnderstood("longer than \(Self.longestAnswer) bytes")
        default:
            return .broken("\(error)")
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
