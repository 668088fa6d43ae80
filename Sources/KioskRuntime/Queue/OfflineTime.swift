internal import Foundation

/// For how long the platform hasn't answered: counted, not reckoned from dates, since a kiosk's clock may be wrong by years and be put right at any
/// moment.
///
/// While the machine runs, the time since its start is what counts, across restarts of kioskd too. Only while it was off there is nothing but the wall
/// clock.
public struct OfflineTime: Sendable, Equatable {
    /// One look at the clocks. Times in whole seconds.
    public struct Moment: Sendable, Equatable {
        /// Another one after every start of the machine; nil when the system doesn't tell.
        public var boot: String?
        /// Since the machine started, whatever the wall clock was put to; without the time that it was suspended, which a kiosk never is.
        public var sinceBoot: Int
        /// Since 1970.
        public var wall: Int

        public init(boot: String?, sinceBoot: Int, wall: Int) {
            self.boot = boot
            self.sinceBoot = sinceBoot
            self.wall = wall
        }

        /// As this machine's clocks say.
        public static var now: Moment {
            let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            return Moment(
                boot: boot?.trimmingCharacters(in: .whitespacesAndNewlines), sinceBoot: Int(ProcessInfo.processInfo.systemUptime),
                wall: Int(Date().timeIntervalSince1970))
        }
    }

    /// What is remembered of it.
    public struct Record: Sendable, Codable, Equatable {
        /// seconds without an answer, up to `sinceBoot` and `wall`
        public var offline: Int
        public var boot: String?
        public var sinceBoot: Int
        public var wall: Int

        /// No number of seconds in here is larger; what is was never written by a kiosk.
        static let most = 1 << 40

        fileprivate var isPlausible: Bool { [offline, sinceBoot, wall].allSatisfy { (0...Self.most).contains($0) } }
    }

    /// seconds: longer than a kiosk is switched off between two citizens. What the wall clock says beyond that is taken for a clock that was put.
    public static let longestGap = 30 * 86_400

    private var offline: Int
    /// When `offline` was true.
    private var since: Int
    private let boot: String?

    /// Goes on from what was remembered; from nothing, the time begins now.
    public init(_ record: Record?, at moment: Moment) {
        since = moment.sinceBoot
        boot = moment.boot
        guard let record, record.isPlausible else {
            offline = 0
            return
        }
        if record.boot == moment.boot, moment.sinceBoot >= record.sinceBoot {
            offline = record.offline + moment.sinceBoot - record.sinceBoot
        } else {
            // The machine was started since: at least so long ago.
            let gap = moment.wall - record.wall
            offline = record.offline + max(moment.sinceBoot, (0...Self.longestGap).contains(gap) ? gap : 0)
        }
    }

    /// The platform answers.
    public mutating func answered(at moment: Moment) {
        offline = 0
        since = moment.sinceBoot
    }

    /// seconds
    public func seconds(at moment: Moment) -> Int { offline + max(0, moment.sinceBoot - since) }

    /// What to remember.
    public func record(at moment: Moment) -> Record {
        Record(offline: seconds(at: moment), boot: boot, sinceBoot: moment.sinceBoot, wall: moment.wall)
    }
}
