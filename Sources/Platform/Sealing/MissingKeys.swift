import PlatformAPI
import Synchronization

/// The keys that packets wait for. Kiosks come with a packet again and again, and all of them at once: the journal says each key at critical once.
final class MissingKeys: Sendable {
    /// So many are remembered; a kiosk that makes keys up is told of each time.
    private static let most = 256
    private let told = Mutex<Set<PacketError>>([])

    /// Whether it is the first time since the server's start.
    func isNew(_ key: PacketError) -> Bool {
        told.withLock { told in
            if told.contains(key) { return false }
            if told.count < Self.most { told.insert(key) }
            return true
        }
    }
}
