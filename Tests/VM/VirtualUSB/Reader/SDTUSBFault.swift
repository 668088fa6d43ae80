/// What goes wrong on the bus with one answer; what goes wrong within the protocol is `SDTReaderCore.Fault`, silence among it.
public enum SDTUSBFault: String, Sendable, CaseIterable {
    /// The endpoint on which the answer begins is halted, and the answer lost.
    case haltInput
    /// The answer comes, and the endpoint for the next request is halted.
    case haltOutput
    /// Only 3 bytes come in the first transfer, the rest in the next.
    case shortHeader
    /// An empty packet comes before the last one.
    case zeroLength
    /// The answer comes in short packets of many sizes.
    case oddPackets
    /// More comes than the host asked for, and of the first transfer nothing is left.
    case babble
}
