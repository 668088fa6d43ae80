public import DeviceLink
public import KioskModel
internal import Line
internal import LineShim

/// The @words@ on a serial line.
public final class @Name@Driver: RecordableDriver {
    /// How long opening the tty, and an answer, may take, in milliseconds.
    private let limit: Int32
    /// Makes the line, not opened yet.
    private let makeLine: () -> (kiosk_line, Int32)
    private let recorder = LineRecorder()
    private var connection: @Name@Connection?

    /// Options: `port`, the tty's path, and if wanted `baud` (9600).
    /// - Throws: `DeviceFault` `@name@.configuration`.
    public convenience init(options: [String: String]) throws {
        let port = try @Name@Port(options: options)
        self.init {
            var line = kiosk_line()
            let result = kiosk_line_serial(port.path, port.baud, &line)
            return (line, result)
        }
    }

    init(limit: Int32 = 1000, makeLine: @escaping () -> (kiosk_line, Int32)) {
        self.limit = limit
        self.makeLine = makeLine
    }

    /// Asks what the device is. How it is comes next: `ask("ST", …)`, and a row of ``@Name@Failure`` for each answer.
    public func poll() -> DeviceStatus {
        let context = CommandContext(deadline: .now + .seconds(6)) { _, _ in }
        do {
            return DeviceStatus(state: .ready, identity: ["model": try ask("ID", context)])
        } catch let failure as @Name@Failure {
            return DeviceStatus(state: failure.state, fault: failure.fault)
        } catch {
            return DeviceStatus(state: .offline, fault: @Name@Failure.system.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        throw DeviceFault(code: "@name@.unsupported-command", action: .configure, detail: "this device was given another one's command")
    }

    public func beginRecording() throws {
        connection = nil
        recorder.begin()
        do {
            _ = try connected()
        } catch let failure {
            throw failure.fault
        }
    }

    /// Nothing in the answers is personal: the recording is handed over as it is.
    public func endRecording() throws -> String {
        do {
            return try recorder.end().text
        } catch {
            let detail = error == .notBegun ? "no recording was begun" : "more passed than a recording holds: record less at a time"
            throw DeviceFault(code: "link.recording-refused", action: .reset, detail: detail)
        }
    }

    /// After anything but an answer the port is opened anew by the next question.
    private func ask(_ topic: String, _ context: CommandContext) throws -> String {
        do {
            return try connected().ask(topic, limit: min(limit, context.remainingMilliseconds), context: context)
        } catch {
            connection = nil
            throw error
        }
    }

    private func connected() throws(@Name@Failure) -> @Name@Connection {
        if let connection { return connection }
        let (line, result) = makeLine()
        guard result == 0 else { throw @Name@Failure(code: result) }
        let opened = try @Name@Connection(line: recorder.line(around: line), limit: limit)
        connection = opened
        return opened
    }
}
