import AsyncHTTPClient
import Dispatch

/// A client of the uplink's own. One that is let go without having been closed ends the process, which would hide what kept kioskd from
/// starting: this one closes itself.
final class OwnClient: Sendable {
    let client: HTTPClient

    init(_ client: HTTPClient) {
        self.client = client
    }

    deinit {
        // The client stays alive until it is closed; closed before, it answers with an error that nobody needs.
        client.shutdown(queue: .global()) { _ in }
    }
}
