internal import Foundation
internal import Glibc
internal import Synchronization

/// A serial port with a simulated device at its other end: the real driver opens `path` as it would open a tty.
public final class VirtualSerialPort: Sendable {
    public enum Failure: Error, Equatable {
        /// A system call failed with this errno.
        case system(call: String, code: Int32)
    }

    /// Stable over unplugging: a symbolic link to the pseudo-terminal of the moment; it does not exist while the device is unplugged.
    public let path: String
    private let directory: String
    private let answer: @Sendable ([UInt8], _ speed: Int32) -> [UInt8]?
    private let terminal = Mutex<PseudoTerminal?>(nil)

    /// Unplugged at first. The link is made inside a new private directory, which `remove()` takes away.
    /// - Parameters:
    ///   - name: the last part of `path`
    ///   - answer: called on the port's own thread with what the driver sent, however it is cut; returns what the device says to it, or nil when it
    ///     pulls its plug instead
    public convenience init(_ name: String, answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
        try self.init(name) { bytes, _ in answer(bytes) }
    }

    /// The same for a device that minds the line's speed: `answer` is told what the driver has set, baud.
    public init(_ name: String, answer: @escaping @Sendable ([UInt8], _ speed: Int32) -> [UInt8]?) throws {
        var template = Array((NSTemporaryDirectory() + "/serial-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.system(call: "mkdtemp", code: errno) }
        directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = directory + "/" + name
        self.answer = answer
    }

    public var isPlugged: Bool { terminal.withLock { $0 != nil } }

    /// Plugs the device in, on a new terminal behind the same path. Does nothing when it is plugged in.
    public func plug() throws {
        try terminal.withLock { terminal in
            guard terminal == nil else { return }
            let opened = try PseudoTerminal(answer: answer) { [weak self] pulled in self?.pull(pulled) }
            guard symlink(opened.terminalPath, path) == 0 else {
                let code = errno
                opened.close()
                throw Failure.system(call: "symlink", code: code)
            }
            terminal = opened
        }
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        terminal.withLock { terminal in
            Glibc.unlink(path)
            terminal?.close()
            terminal = nil
        }
    }

    /// The device pulls its own plug, on the port's thread: another one waits for that to end. Whoever asks meanwhile waits for the hang-up too, or
    /// has plugged the device in again, which is then left alone.
    private func pull(_ pulled: PseudoTerminal) {
        Thread.detachNewThread { [self] in
            terminal.withLock { terminal in
                guard terminal === pulled else { return }
                Glibc.unlink(path)
                pulled.close()
                terminal = nil
            }
        }
    }

    /// What the device says unasked. Lost while it is unplugged.
    public func send(_ bytes: [UInt8]) {
        terminal.withLock { $0 }?.send(bytes)
    }

    /// Unplugs it for good.
    public func remove() {
        unplug()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
