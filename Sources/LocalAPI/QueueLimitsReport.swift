/// What bounds the queue, and what follows from it for the next citizen. Part of `QueueReport` and `QueueStatistics`.
public struct QueueLimitsReport: Sendable, Codable, Equatable {
    /// bytes that the sealed files may take together; nil for all that the reserve leaves
    public var quota: Int?
    /// bytes of the file system that are kept free for the rest of the kiosk
    public var reserve: Int
    /// bytes of the file system that are free; nil when it doesn't tell
    public var free: Int?
    /// bytes that can still be taken from citizens: the smaller of what quota and reserve leave
    public var room: Int?
    /// bytes that the largest submission takes
    public var needed: Int
    /// Whether an upload can be begun, as far as room goes. After it couldn't, not before there is a quarter more than `needed`.
    public var hasRoom: Bool
    /// For how long the platform hasn't answered; 0 while it does.
    public var offlineSeconds: Int
    /// After how long journeys are frozen; nil for never.
    public var freezeAfterSeconds: Int?
    /// Journeys that can't be begun now because of that.
    public var frozen: [String]

    public init(
        quota: Int?, reserve: Int, free: Int?, room: Int?, needed: Int, hasRoom: Bool, offlineSeconds: Int, freezeAfterSeconds: Int?, frozen: [String]
    ) {
        self.quota = quota
        self.reserve = reserve
        self.free = free
        self.room = room
        self.needed = needed
        self.hasRoom = hasRoom
        self.offlineSeconds = offlineSeconds
        self.freezeAfterSeconds = freezeAfterSeconds
        self.frozen = frozen
    }
}
