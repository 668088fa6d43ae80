import Foundation
import PlatformAPI
import Synchronization

/// Where the server keeps the uploads that a broken connection interrupted, by their packets' ids.
///
/// In memory only. A kiosk that was started anew announces its packets anew: the platform answers with the place where an upload stands, as its API demands.
/// A server that makes up another place each time is sent the whole packet again, which costs bytes and nothing else.
final class UploadPlaces: Sendable {
    private let urls = Mutex<[UUID: String]>([:])

    subscript(id: UUID) -> String? {
        get { urls.withLock { $0[id] } }
        set { urls.withLock { $0[id] = newValue } }
    }

    /// The URL that a `Location` names.
    /// - Parameter url: what was asked, which a relative one is read from
    /// - Returns: nil for no URL, for what was asked itself, and for one of another scheme, host or port: the kiosk's token, and its packets, go nowhere else.
    static func resolve(_ location: String, from url: String) -> String? {
        guard let base = URL(string: url),
            let target = URLComponents(string: location, encodingInvalidCharacters: false)?.url(relativeTo: base)?.absoluteURL,
            target.user == nil, target.password == nil, target.fragment == nil, let origin = Origin(target), origin == Origin(base),
            target != base
        else { return nil }
        return target.absoluteString
    }

    private struct Origin: Equatable {
        var scheme: String
        var host: String
        var port: Int

        init?(_ url: URL) {
            guard let scheme = url.scheme?.lowercased(), let host = url.host?.lowercased(), !host.isEmpty else { return nil }
            self.scheme = scheme
            self.host = host
            port = url.port ?? (scheme == "https" ? 443 : 80)
        }
    }
}
