internal import Dispatch
internal import Synchronization

/// A virtual receipt printer on a serial port: the real driver opens `devicePath`.
public final class ReceiptPrinterSimulator: Sendable {
    private let printer: Printer
    private let port: VirtualSerialPort

    /// What port and hands share.
    private final class Printer: Sendable {
        let core = Mutex(ReceiptPrinterCore())
        /// While it is jammed: the port's thread waits here, so that nothing is taken from the line.
        let jam = Mutex<DispatchSemaphore?>(nil)
        let unplug = Mutex<(@Sendable () -> Void)?>(nil)

        func receive(_ bytes: [UInt8]) -> [UInt8] {
            while let jam = jam.withLock(\.self) {
                jam.wait()
                jam.signal()
            }
            let (answers, isPulled, isJammed) = core.withLock { ($0.receive(bytes), $0.isPulled, $0.isJammed) }
            if isJammed { jam.withLock { $0 = $0 ?? DispatchSemaphore(value: 0) } }
            // The port can't be closed by the thread that serves it.
            if isPulled, let unplug = unplug.withLock({ $0.take() }) { DispatchQueue.global().async(execute: unplug) }
            return answers
        }

        func free() {
            core.withLock { $0.free() }
            jam.withLock { $0.take() }?.signal()
        }
    }

    public init() throws {
        let printer = Printer()
        self.printer = printer
        port = try VirtualSerialPort("printer") { printer.receive($0) }
    }

    /// Stable over unplugging; it does not exist while the printer is unplugged.
    public var devicePath: String { port.path }

    public var isPlugged: Bool { port.isPlugged }

    /// Plugs the printer in, powered up anew. Does nothing when it is plugged in.
    public func plug() throws {
        guard !port.isPlugged else { return }
        printer.core.withLock { $0.restart() }
        try port.plug()
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        printer.free()
        port.unplug()
    }

    /// Pulls its own plug when it gets to that step; `unplug` does so where the plug is another than the port's.
    public func unplug(at step: ReceiptPrinterCore.Step, by unplug: (@Sendable () -> Void)? = nil) {
        let port = port
        printer.unplug.withLock { $0 = unplug ?? { port.unplug() } }
        printer.core.withLock { $0.armPull(at: step) }
    }

    public func remove() {
        printer.free()
        port.remove()
    }

    /// Looks at the printer.
    public func look<Result>(_ body: (ReceiptPrinterCore) throws -> Result) rethrows -> Result {
        try printer.core.withLock { try body($0) }
    }

    /// Does something to the printer, which then goes on with what waits.
    public func handle(_ body: (inout ReceiptPrinterCore) -> Void) {
        let answers = printer.core.withLock { core -> [UInt8] in
            body(&core)
            return core.work()
        }
        if !answers.isEmpty { port.send(answers) }
    }

    /// The paper jams in the middle of the next receipt: then nothing is taken from the line any more, until ``free()``.
    public func jam() {
        printer.core.withLock { $0.jam() }
    }

    public func free() {
        printer.free()
    }
}
