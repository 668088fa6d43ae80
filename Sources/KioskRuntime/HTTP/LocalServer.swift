internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Hummingbird's HTTP server and router without its `Application`, whose cache of the Date header wakes the process each second, day and night.
/// Here the time is written when somebody asks: a kiosk that nobody uses sleeps.
struct LocalServer<Responder: HTTPResponder>: Sendable where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let address: BindAddress
    let responder: Responder
    let logger: Logger
    let onServerRunning: @Sendable (any Channel) -> Void

    /// Until the task is cancelled or shuts down gracefully.
    func run() async throws {
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: address), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
            responder: answer, onServerRunning: onServerRunning)
        try await server.run()
    }

    @Sendable private func answer(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        var response = try await responder.respond(to: request, context: Responder.Context(source: .init(channel: channel, logger: logger)))
        response.headers[.date] = HTTPDate.now
        try await writer.write(response: response.head, body: response.body)
    }
}

/// IMF-fixdate of RFC 9110 §5.6.7.
private enum HTTPDate {
    private static let style = Date.VerbatimFormatStyle(
        format: """
            \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT
            """, locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    static var now: String { Date.now.formatted(style) }
}
