import Bench
import Testing
import VirtualUSB

@testable import IDCardReader

/// The lines over which a reader must keep its contract.
enum ReaderLine: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case terminal, usbSplit, usbWhole

    var testDescription: String { rawValue }

    var framing: SDTUSBFraming? {
        switch self {
        case .terminal: nil
        case .usbSplit: .split
        case .usbWhole: .whole
        }
    }

    /// A reader on this line, not yet plugged in.
    func makeReader() throws -> any SimulatedReader {
        guard let framing else { return try SDTReaderSimulator() }
        return USBPipeReader(framing: framing)
    }
}

/// What the contract suite does with a reader, whatever the line.
protocol SimulatedReader: AnyObject, Sendable {
    /// Plugs it in, if it isn't.
    func start() async throws
    func stop() async
    func unplug()
    func replug() throws
    /// What a driver's opening of the port leads to.
    func open() throws(ReaderFailure) -> ReaderConnection

    var requests: [SDTReaderCore.Step] { get }
    var hasCard: Bool { get }
    func lay(_ card: SyntheticCard)
    func lift()
    func inject(_ fault: SDTReaderCore.Fault, at step: SDTReaderCore.Step?, times: Int)
    func clearFaults()
}

extension SimulatedReader {
    func inject(_ fault: SDTReaderCore.Fault, at step: SDTReaderCore.Step? = nil, times: Int = 1) {
        inject(fault, at: step, times: times)
    }
}

extension SDTReaderSimulator: SimulatedReader {
    func open() throws(ReaderFailure) -> ReaderConnection { try ReaderConnection(port: .serial(path: devicePath, baud: 115200), limit: 1000) }
}
