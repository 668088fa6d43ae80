/// Stands in for kioskd's: ``DeviceTiming`` names its pace, and the reader of the link has no part in it.
enum FaultLadder {
    struct Pace: Sendable {}
}
