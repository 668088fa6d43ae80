/// Holds back an unlink that overtook the submission of its transfer.
///
/// The sender of vhci-hcd (vhci_tx.c) empties its list of submissions and then its list of unlinks: what a driver submits and gives up while it is at
/// the second is unlinked first. Status 0, "answered already", would be wrong for that: once the submission is on its way too, the kernel gives the
/// transfer back and hangs up on the answer that comes later ("cannot find a urb of seqnum"). So the unlink is answered together with the submission,
/// with -ECONNRESET, and the device never sees the transfer.
struct USBEarlyUnlinks: Sendable {
    /// The kernel numbers what it sends to a device upwards.
    private var newest: UInt32?
    /// The numbers of unlinks by those of the transfers they are for.
    private var held: [UInt32: UInt32] = [:]

    /// What the device behind `react` answers, except for what it needn't see.
    mutating func pass(_ request: USBIPRequest, to react: (USBIPRequest) -> USBIPConnection.Reaction) -> USBIPConnection.Reaction {
        switch request {
        case .unlink(let sequence, let target) where isAhead(target):
            held[target] = sequence
            return .init()
        case .unlink: return react(request)
        case .submit(let transfer):
            newest = transfer.sequence
            guard let unlink = held.removeValue(forKey: transfer.sequence) else { return react(request) }
            return .init(replies: [.unlinked(sequence: unlink, found: true)])
        }
    }

    /// Whether no submission of `sequence`, nor of a later one, has come. Numbers start anew at 0 behind the last.
    private func isAhead(_ sequence: UInt32) -> Bool { newest.map { Int32(bitPattern: sequence &- $0) > 0 } ?? true }
}
