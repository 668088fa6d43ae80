import Foundation
import NIOHTTP1
import Testing

@testable import PlatformClient

@Suite struct RetryAfterTests {
    /// A date counts by the clock of whoever answered: the kiosk's own may be wrong by years.
    @Test(arguments: [
        ("30", UplinkError.retryable(after: .seconds(30))), ("0", .retryable(after: .zero)), ("-5", .retryable(after: .zero)),
        ("99999999999", .retryable(after: .seconds(86_400))), ("Sun, 06 Nov 1994 08:50:07 GMT", .retryable(after: .seconds(30))),
        ("Sun, 06 Nov 1994 08:49:00 GMT", .retryable(after: .zero)), ("Fri, 11 Nov 1994 08:49:37 GMT", .retryable(after: .seconds(86_400))),
        ("in a while", .unreachable), ("", .unreachable),
    ])
    func aGatewayTellsATimeOrADate(_ text: String, _ expected: UplinkError) {
        let headers: HTTPHeaders = ["Retry-After": text, "Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Content-Type": "text/html"]
        #expect(PlatformConnection.failure(.init(status: 503, headers: headers, body: Data("<html></html>".utf8))) == expected)
    }

    @Test func aDateWithoutAClockCountsByTheKiosks() throws {
        let headers: HTTPHeaders = ["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"]
        #expect(PlatformConnection.failure(.init(status: 503, headers: headers, body: Data())) == .retryable(after: .zero))
    }
}
