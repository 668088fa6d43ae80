/// How patient the supervisor is. The defaults are the kiosk's; tests are in more of a hurry.
public struct DeviceTiming: Sendable {
    /// From a host's start to its hello.
    public var hello: Duration = .seconds(5)
    /// A host silent for so long is sent a ping, and is replaced when it stays silent for as long again.
    public var heartbeat: Duration = .seconds(5)
    /// Beyond a command's deadline, for the host's own watchdog to act first.
    public var answerGrace: Duration = .seconds(2)
    /// From a cancel to the host's being free again.
    public var cancelGrace: Duration = .seconds(2)
    /// From the end of the link to the end of the process, when kioskd stops.
    public var stopGrace: Duration = .seconds(2)
    /// A host that was up for so long is forgiven its earlier deaths.
    public var stable: Duration = .seconds(60)

    /// Whether the kiosk lends a hand to a device that doesn't serve. Without it a device must come back by itself, and a host that ended has died.
    public var mends = true

    var ladder = FaultLadder.Pace()
    /// Between two writes of what was counted.
    var counting: Duration = .seconds(60)
    /// What the ladder and the counting go by.
    var clock: any CareClock = ContinuousClock()

    public init() {}
}
