public import DeviceLink
public import KioskModel
internal import Line

/// Second-generation ID-card readers on a serial port or on USB (GA/T 467).
///
/// Three rules of the field shape it: a reader is well when its SAM id can be read; after any read that failed the SAM is reset before the next;
/// after anything wrong on the line the port is opened anew and the SAM id read, whose answer looks like no other, so that a late answer to an
/// earlier question can never pass for the record of the next citizen.
public final class IDCardReaderDriver: RecordableDriver {
    /// How long answers may take and how often is asked, in milliseconds.
    struct Timing {
        var control: Int32 = 300
        var find: Int32 = 500
        var select: Int32 = 500
        var read: Int32 = 3500
        var append: Int32 = 1000
        var findPause: Int32 = 250
        var removalPause: Int32 = 200

        /// Every answer may take `factor` times as long as in the field; the pauses stay as they are.
        func patient(_ factor: Int32) -> Timing {
            var timing = self
            for limit in [\Timing.control, \.find, \.select, \.read, \.append] { timing[keyPath: limit] *= factor }
            return timing
        }

        /// All of a poll: both attempts of looking after the module and the card, and the search for the speed; below the ten seconds of a poll.
        var poll: Int32 { min(10 * control + 4 * append, 9000) }
    }

    /// Opens the port within so many milliseconds, at a speed where there is one to choose. On USB that looks over the bus each time, so that a
    /// reader is found whenever and wherever it was plugged in.
    let open: (_ speed: Int32?, _ limit: Int32) throws(ReaderFailure) -> ReaderConnection
    let timing: Timing
    /// At which a reader may answer, the likeliest first; the one at which it answered last comes to the front.
    var speeds: [Int32]
    var connection: ReaderConnection?
    /// A read began and did not end well; or this process is new, and the one before it may have died in the middle of one.
    var needsReset = true
    /// A card was read whole, and nobody has seen it leave.
    var hasReadCard = false
    private let recorder: LineRecorder

    /// Options: `port`, the tty's path, and `baud` (9600, 19200, 38400, 57600 or 115200; without it the driver finds the speed); or `usb`, vendor
    /// and product as `0400:c35a`, and `serial` or `path` (bus and ports, `1-2`) when there are several. `patience`, 1 to 100, multiplies the
    /// times of the field for a machine that is emulated.
    /// - Throws: `DeviceFault` `reader.configuration`.
    public convenience init(options: [String: String]) throws {
        guard let patience = Int32(options["patience"] ?? "1"), (1...100).contains(patience) else {
            throw DeviceFault(code: "reader.configuration", action: .configure, detail: "patience= needs a number from 1 to 100")
        }
        self.init(port: try ReaderPort(options: options), timing: Timing().patient(patience))
    }

    convenience init(port: ReaderPort, timing: Timing) {
        let recorder = LineRecorder()
        self.init(timing: timing, speeds: port.speeds, recorder: recorder) { (speed, limit) throws(ReaderFailure) in
            try ReaderConnection(port: port.at(speed), limit: limit, recorder: recorder)
        }
    }

    /// `open` puts `recorder` around what it opens.
    init(
        timing: Timing, speeds: [Int32] = [], recorder: LineRecorder = LineRecorder(),
        open: @escaping (_ speed: Int32?, _ limit: Int32) throws(ReaderFailure) -> ReaderConnection
    ) {
        self.timing = timing
        self.speeds = speeds
        self.recorder = recorder
        self.open = open
    }

    /// Never between finding a card and reading it, which one command does; and it asks nothing that changes what the reader knows of a card.
    public func poll() -> DeviceStatus {
        let context = CommandContext(deadline: .now + .milliseconds(timing.poll)) { _, _ in }
        do {
            // A single disturbed answer is not worth a change of status.
            return try retryingOnce {
                let reader = try connected(context)
                let sam = try readSAMID(reader, context)
                try checkModule(reader, context)
                let isLeft = try isCardLeft(reader, context)
                return DeviceStatus(
                    state: .ready, identity: reader.identity.merging(["sam": sam.text]) { $1 },
                    conditions: isLeft ? [DeviceCondition(.cardLeft)] : [])
            }
        } catch let failure as ReaderFailure {
            return DeviceStatus(state: failure.state, fault: failure.fault)
        } catch let fault as DeviceFault {
            return DeviceStatus(state: .needsTechnician, fault: fault)
        } catch {
            return DeviceStatus(state: .offline, fault: ReaderFailure.timeout.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        switch command {
        case .readCard(let fingerprints):
            return DeviceReply(.card(try readCard(fingerprints: fingerprints, context)))
        case .awaitCardRemoval:
            try awaitRemoval(context)
            return DeviceReply(.done)
        default:
            throw DeviceFault(code: "reader.unsupported-command", action: .configure, detail: "an ID-card reader was given another device's command")
        }
    }

    public func beginRecording() throws {
        connection = nil
        recorder.begin()
        do {
            _ = try connected(CommandContext(deadline: .now + .milliseconds(timing.poll)) { _, _ in })
        } catch {
            connection = nil
            recorder.cancel()
            throw (error as? ReaderFailure)?.fault ?? error
        }
    }

    public func endRecording() throws -> String {
        // The line that is open would go on holding the tape.
        connection = nil
        do {
            var recording = try recorder.end()
            defer { recording.wipe() }
            return try ReaderRedaction.redacted(recording).text
        } catch let refusal as ReaderRedaction.Refusal {
            throw Self.refused("event \(refusal.event) of the recording can't be made anonymous: \(refusal.reason)")
        } catch LineRecorder.Failure.tooLong {
            throw Self.refused("more passed than a recording holds")
        } catch LineRecorder.Failure.notBegun {
            throw DeviceFault(code: "link.not-recording", action: .configure, detail: "no recording was begun")
        }
    }

    private static func refused(_ detail: String) -> DeviceFault {
        DeviceFault(code: "link.recording-refused", action: .reset, detail: detail)
    }
}
