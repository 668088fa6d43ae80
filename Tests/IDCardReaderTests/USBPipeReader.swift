import Bench
import Foundation
import IDCardReaderShim

@testable import IDCardReader
@testable import VirtualUSB

/// The virtual USB reader without a bus: the shim's transfers go to it by call instead of through libusb and a kernel. Everything above the
/// pipe is the real driver, everything behind it the reader that a kernel is given in the virtual machine.
final class USBPipeReader: SimulatedReader, @unchecked Sendable {
    private let condition = NSCondition()
    private var device: SDTUSBDevice
    private let endpoints: [kiosk_usb_endpoint]
    private var isPlugged = false
    private var isOpen = false
    /// Counts pluggings-in: a handle is of one.
    private var plugging = 0
    private var sequence: UInt32 = 0
    private var ended: [UInt32: (status: USBStatus, sent: Int, data: [UInt8])] = [:]
    private var wanted: [(endpoint: UInt8, count: Int)] = []

    init(framing: SDTUSBFraming) {
        device = SDTUSBDevice(framing: framing)
        let size = framing.descriptors.packetSize
        endpoints = framing.endpoints.map { kiosk_usb_endpoint(address: $0, attributes: 2, max_packet: UInt16(size)) }
    }

    private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body()
    }

    // MARK: The plug

    func start() async throws { try replug() }
    func stop() async { unplug() }

    func unplug() {
        locked {
            isPlugged = false
            ended = [:]
            condition.broadcast()
        }
    }

    func replug() throws {
        locked {
            guard !isPlugged else { return }
            device.restart()
            plugging += 1
            (isPlugged, isOpen) = (true, false)
        }
    }

    // MARK: The reader

    var requests: [SDTReaderCore.Step] { locked { device.front.core.requests } }
    var hasCard: Bool { locked { device.front.core.card != nil } }
    /// The transfers that the driver asked for, oldest first.
    var transfers: [(endpoint: UInt8, count: Int)] { locked { wanted } }
    func lay(_ card: SyntheticCard) { locked { device.front.core.lay(card) } }
    func lift() { locked { device.front.core.lift() } }
    func clearFaults() { locked { device.front.clearFaults() } }

    func inject(_ fault: SDTReaderCore.Fault, at step: SDTReaderCore.Step?, times: Int) {
        locked { device.front.core.inject(fault, at: step, times: times) }
    }

    func inject(_ fault: SDTUSBFault, at step: SDTReaderCore.Step? = nil, times: Int = 1) {
        locked { device.front.inject(fault, at: step, times: times) }
    }

    func unplug(at step: SDTReaderCore.Step, afterBytes bytes: Int) {
        locked { device.front.unplug(at: step, afterBytes: bytes) }
    }

    // MARK: The pipe

    func open() throws(ReaderFailure) -> ReaderConnection { ReaderConnection(handle: try openHandle()) }

    /// As the shim gives it; the caller closes it.
    func openHandle() throws(ReaderFailure) -> OpaquePointer { try openReader(over: Handle(self)) }

    /// One opening: it is of one plugging-in.
    private final class Handle: USBPipe {
        private let reader: USBPipeReader
        var plugging: Int?

        init(_ reader: USBPipeReader) { self.reader = reader }
        func open(_ layout: inout kiosk_usb_layout) -> Int32 { reader.claim(self, &layout) }
        func close() { reader.release(self) }

        func transfer(_ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, moved: inout Int, timeout: Int32) -> Int32 {
            reader.transfer(self, endpoint, buffer, &moved, timeout)
        }
    }

    private func claim(_ handle: Handle, _ layout: inout kiosk_usb_layout) -> Int32 {
        locked {
            guard isPlugged else { return Int32(KIOSK_READER_GONE) }
            guard !isOpen else { return Int32(KIOSK_READER_BUSY) }
            isOpen = true
            handle.plugging = plugging
            return kiosk_usb_choose(endpoints, endpoints.count, &layout)
        }
    }

    private func release(_ handle: Handle) {
        locked { if handle.plugging == plugging { isOpen = false } }
    }

    private func transfer(
        _ handle: Handle, _ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, _ moved: inout Int, _ timeout: Int32
    ) -> Int32 {
        locked {
            func isGone() -> Bool { !isPlugged || handle.plugging != plugging }
            let deadline = Date(timeIntervalSinceNow: Double(timeout) / 1000)
            guard !isGone() else { return Int32(KIOSK_READER_GONE) }
            wanted.append((endpoint, buffer.count))
            sequence += 1
            let mine = sequence
            let isInput = endpoint & 0x80 != 0
            run(
                .submit(
                    USBIPRequest.Transfer(
                        sequence: mine, endpoint: endpoint & 0x0F, isInput: isInput, length: buffer.count, data: isInput ? [] : Array(buffer))))
            while ended[mine] == nil, !isGone() {
                guard condition.wait(until: deadline) else {
                    run(.unlink(sequence: mine &+ 1_000_000, target: mine))
                    return Int32(KIOSK_READER_TIMEOUT)
                }
            }
            guard let end = ended.removeValue(forKey: mine) else { return Int32(KIOSK_READER_GONE) }
            buffer.copyBytes(from: end.data)
            moved = isInput ? end.data.count : end.sent
            switch end.status {
            case .done, .short: return 0
            case .babble: return Int32(KIOSK_READER_OVERFLOW)
            case .broken: return Int32(KIOSK_READER_IO)
            case .stalled:
                // CLEAR_FEATURE(ENDPOINT_HALT)
                run(.submit(.init(sequence: 0, endpoint: 0, isInput: false, length: 0, setup: [0x02, 1, 0, 0, endpoint, 0, 0, 0])))
                return Int32(KIOSK_READER_STALLED)
            }
        }
    }

    private func run(_ request: USBIPRequest) {
        let reaction = device.handle(request)
        for case .submitted(let sequence, let status, let sent, let data) in reaction.replies where sequence != 0 {
            ended[sequence] = (status, sent, data)
        }
        if reaction.isPulled { isPlugged = false }
        condition.broadcast()
    }
}
