public import KioskFlow

extension KioskConfiguration {
    /// How much the queue may hold, and how long the kiosk goes on without the platform.
    public struct Queue: Sendable, Equatable {
        public struct Freeze: Sendable, Equatable {
            /// seconds without an answer of the platform
            public var after: Int
            /// Can't be begun from then on, until the platform answers.
            public var journeys: Set<Journey>

            public init(after: Int, journeys: Set<Journey>) {
                self.after = after
                self.journeys = journeys
            }
        }

        /// bytes: enough for the journal, the databases and the print server's spool
        public static let defaultReserve = 512 << 20

        /// bytes that the sealed files may take together; nil for all that the reserve leaves
        public var quota: Int?
        /// bytes of the file system that stay free for the rest of the kiosk
        public var reserve: Int
        /// Nil: no journey is ever frozen.
        public var freeze: Freeze?

        public init(quota: Int? = nil, reserve: Int = defaultReserve, freeze: Freeze? = nil) {
            self.quota = quota
            self.reserve = reserve
            self.freeze = freeze
        }
    }
}
