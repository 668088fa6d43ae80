public import Bench
internal import Foundation
internal import Glibc
internal import Synchronization

/// The reader as a USB gadget: framing `whole` on whatever bulk endpoints the device controller gives it.
///
/// The kernel's own gadget stack (FunctionFS on dummy_hcd) is between it and the driver, so descriptors and packets are none of ours, as
/// `VirtualUSBReader`'s are; faults on the bus are beyond it. Needs root and the modules libcomposite, usb_f_fs and dummy_hcd.
public final class FunctionFSReader: Sendable {
    public typealias Fault = SDTReaderCore.Fault
    public typealias Step = SDTReaderCore.Step

    private struct State {
        var core = SDTReaderCore()
        var unpluggingStep: Step?
        var line: FunctionFSLine?
        /// The gadget is in its controller.
        var isBound = false
    }

    private let gadget: FunctionFSGadget
    private let state = Mutex(State())
    private static let packetSizes = [64, 512]

    /// `name` is that of the gadget, another for each reader.
    public init(name: String = "sdt-reader") {
        gadget = FunctionFSGadget(name: name)
    }

    /// Plugs the reader in and returns once the host has set it up. Does nothing when it is plugged in.
    public func plug(deadline: Duration) async throws {
        if isPlugged { return }
        await unplug()
        let descriptors = FunctionFSDescriptors(endpoints: [0x02, 0x81], name: "SDT ID-card reader")
        do {
            try gadget.make(vendor: 0x0400, product: 0xC35A)
            let line = try makeLine(descriptors)
            state.withLock { $0.line = line }
            let controller = try gadget.bind()
            state.withLock { $0.isBound = true }
            try await Poll.until("the host has set the reader up", deadline: deadline) { () -> Poll.Outcome<Void> in
                let text = try String(contentsOfFile: "/sys/class/udc/\(controller)/state", encoding: .utf8)
                return text.hasPrefix("configured") ? .there(()) : .notYet(text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        } catch {
            await unplug()
            throw error
        }
    }

    /// Pulls the plug, if it has not been pulled yet, and takes the gadget away.
    public func unplug() async {
        gadget.unbind()
        let line = state.withLock { state in
            defer {
                state.line = nil
                state.isBound = false
            }
            return state.line
        }
        line?.close()
        gadget.remove()
        state.withLock { $0.core.restart() }
    }

    /// Arms the plug to be pulled when `step` is asked for next, before its answer.
    public func unplug(at step: Step) {
        state.withLock { $0.unpluggingStep = step }
    }

    public var isPlugged: Bool { state.withLock { $0.isBound } }

    // MARK: The reader

    /// What the reader was asked so far, oldest first.
    public var requests: [Step] { state.withLock { $0.core.requests } }

    public func lay(_ card: SyntheticCard) {
        state.withLock { $0.core.lay(card) }
    }

    public func lift() {
        state.withLock { $0.core.lift() }
    }

    /// Makes the next `times` answers go wrong, those at `step` only if one is given.
    public func inject(_ fault: Fault, at step: Step? = nil, times: Int = 1) {
        state.withLock { $0.core.inject(fault, at: step, times: times) }
    }

    private func makeLine(_ descriptors: FunctionFSDescriptors) throws -> FunctionFSLine {
        try FunctionFSLine(directory: gadget.mountPoint, descriptors: descriptors) { [self] in answer($0) }
    }

    /// The transfers that follow upon what came; nil once the plug is pulled.
    private func answer(_ bytes: [UInt8]) -> [[UInt8]]? {
        let (answers, isPulled) = state.withLock { state in
            let answers = state.core.answers(to: bytes)
            let isPulled = state.unpluggingStep.map { step in answers.contains { $0.step == step } } ?? false
            if isPulled {
                state.unpluggingStep = nil
                state.isBound = false
            }
            return (answers, isPulled)
        }
        if isPulled {
            gadget.unbind()
            return nil
        }
        // A frame that fills its packets is ended by an empty one, at either speed.
        return answers.flatMap(\.frames).flatMap { frame in Self.packetSizes.contains { frame.count % $0 == 0 } ? [frame, []] : [frame] }
    }
}
