internal import Foundation
internal import Glibc
internal import Synchronization

/// A virtual ID-card reader on a pseudo-terminal: the real driver opens `devicePath` as it would open a serial port.
public final class SDTReaderSimulator: Sendable {
    public typealias Fault = SDTReaderCore.Fault
    public typealias Step = SDTReaderCore.Step

    public enum Failure: Error, Equatable {
        /// A system call failed with this errno.
        case system(call: String, code: Int32)
    }

    /// Stable over unplugging: a symbolic link to the terminal of the moment; it does not exist while the reader is unplugged.
    public let devicePath: String
    private let directory: String
    private let core: Mutex<SDTReaderCore>
    private let line = Mutex<SDTReaderLine?>(nil)

    /// The link is made inside a new private directory, which `stop()` removes.
    public init() throws {
        var template = Array((NSTemporaryDirectory() + "/sdt-reader-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.system(call: "mkdtemp", code: errno) }
        directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        devicePath = directory + "/reader"
        core = Mutex(SDTReaderCore())
    }

    /// Plugs the reader in.
    public func start() async throws {
        try replug()
    }

    public func stop() async {
        unplug()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// What the reader was asked so far, oldest first.
    public var requests: [Step] { core.withLock { $0.requests } }

    public var isPlugged: Bool { line.withLock { $0 != nil } }

    /// Whether a card lies on the reader.
    public var hasCard: Bool { core.withLock { $0.card != nil } }

    public func lay(_ card: SyntheticCard) {
        core.withLock { $0.lay(card) }
    }

    public func lift() {
        core.withLock { $0.lift() }
    }

    /// Makes the next `times` answers go wrong, those at `step` only if one is given.
    public func inject(_ fault: Fault, at step: Step? = nil, times: Int = 1) {
        core.withLock { $0.inject(fault, at: step, times: times) }
    }

    public func clearFaults() {
        core.withLock { $0.clearFaults() }
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        line.withLock { line in
            unlink(devicePath)
            line?.close()
            line = nil
        }
    }

    /// Plugs the reader in again, on a new terminal behind the same path. Does nothing when it is plugged in.
    public func replug() throws {
        try line.withLock { line in
            guard line == nil else { return }
            core.withLock { $0.restart() }
            let opened = try SDTReaderLine { [self] bytes in core.withLock { $0.receive(bytes) } }
            guard symlink(opened.terminalPath, devicePath) == 0 else {
                let code = errno
                opened.close()
                throw Failure.system(call: "symlink", code: code)
            }
            line = opened
        }
    }
}
