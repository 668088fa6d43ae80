internal import KioskModel
internal import LinkShim

/// The driver thread's work: polls, carries out commands, and puts whatever a driver throws into the closed set of completions.
struct DriverWorker {
    let link: HostLink
    private let options: [String: String]
    private let recordingLimit: Duration
    private let makeDriver: @Sendable (HostServices) throws -> any DeviceDriver
    /// When the recording that was begun is to end.
    private var recordingEnd: ContinuousClock.Instant?
    private var driver: (any DeviceDriver)?
    private var told: DeviceStatus?
    /// The node of the ready device, and the port that it was found on.
    private var place: (node: String, usb: String?)?

    init(
        link: HostLink, options: [String: String], recordingLimit: Duration,
        makeDriver: @escaping @Sendable (HostServices) throws -> any DeviceDriver
    ) {
        self.link = link
        self.options = options
        self.recordingLimit = recordingLimit
        self.makeDriver = makeDriver
    }

    /// Until the link is gone; then lets go of the driver, and with it of the device.
    mutating func run() {
        while let turn = link.nextTurn() {
            do {
                switch turn {
                case .poll: try poll()
                case .job(let job):
                    try carryOut(job)
                    // kioskd has its answer. Pages and cards that lay in memory are worth nothing to whoever comes next.
                    kiosk_memory_give_back()
                }
            } catch {
                link.close()
            }
        }
        driver = nil
    }

    /// Returns what it told kioskd.
    @discardableResult
    private mutating func poll() throws(LinkFailure) -> DeviceStatus {
        var status = link.polling { () -> DeviceStatus in
            endForgottenRecording()
            do {
                return try ready().poll().cleaned
            } catch {
                return DeviceStatus(state: .needsTechnician, fault: Self.fault(error))
            }
        }
        locate(&status)
        guard status != told else { return status }
        try link.channel.send(HostMessage.status(status), timeout: HostMain.sendLimit)
        told = status
        return status
    }

    /// Says where the device is plugged in, unless the driver does, so that kioskd can reset the port. Serial lines are named by `port=`.
    private mutating func locate(_ status: inout DeviceStatus) {
        guard status.state == .ready, status.identity[DeviceStatus.usb] == nil, let node = status.identity[DeviceStatus.node] ?? options["port"]
        else {
            // Plugged in again, it may be elsewhere under the same name.
            if status.state != .ready { place = nil }
            return
        }
        if place?.node != node { place = (node, USBPlace.of(node)) }
        status.identity[DeviceStatus.usb] = place?.usb
    }

    private mutating func carryOut(_ job: HostLink.Job) throws(LinkFailure) {
        let (completion, files) = answer(job)
        link.finish(job)
        do {
            try link.channel.send(HostMessage.completion(job.id, completion), files: files, timeout: HostMain.sendLimit)
        } catch .unsendable {
            let fault = DeviceFault(code: "link.internal", action: .reset, detail: "the driver's answer fits no message")
            try link.channel.send(HostMessage.completion(job.id, .fault(fault)), timeout: HostMain.sendLimit)
        }
    }

    private mutating func answer(_ job: HostLink.Job) -> (Completion, [MemoryFile]) {
        do {
            try job.context.checkCancelled()
            let reply = try perform(job)
            return (.success(reply.result), reply.files)
        } catch let remedy as CitizenRemedy {
            return (.remedy(remedy), [])
        } catch is CancellationError where job.context.isCancelled {
            return (.cancelled, [])
        } catch is CancellationError where job.context.remainingMilliseconds == 0 {
            return (.fault(.deadlinePassed), [])
        } catch {
            return (.fault(Self.fault(error)), [])
        }
    }

    private mutating func perform(_ job: HostLink.Job) throws -> DeviceReply {
        if job.command == .reset {
            try reset()
            return DeviceReply(.done)
        }
        endForgottenRecording()
        let driver = try ready()
        switch job.command {
        case .beginRecording:
            try recordable(driver).beginRecording()
            recordingEnd = .now + recordingLimit
            return DeviceReply(.done)
        case .endRecording:
            recordingEnd = nil
            let text = Array(try recordable(driver).endRecording().utf8)
            let info = DocumentInfo(mediaType: DocumentInfo.recording, byteCount: text.count, pageCount: 1)
            return DeviceReply(.document(info), files: [try MemoryFile.copying(text)])
        default:
            return try driver.perform(job.command, files: job.files, context: job.context)
        }
    }

    /// The driver's end closes the device, and the first poll of the next opens it anew. kioskd has the new status before the completion.
    private mutating func reset() throws {
        driver = nil
        recordingEnd = nil
        if let fault = try poll().fault { throw fault }
    }

    /// What was recorded is thrown away: nobody was there to take it. An answer to a later `endRecording` is the driver's, that none was begun.
    private mutating func endForgottenRecording() {
        guard let end = recordingEnd, end <= .now else { return }
        recordingEnd = nil
        _ = try? (driver as? any RecordableDriver)?.endRecording()
    }

    private func recordable(_ driver: any DeviceDriver) throws -> any RecordableDriver {
        guard let driver = driver as? any RecordableDriver else {
            throw DeviceFault(code: "link.not-recordable", action: .configure, detail: "what this driver says to its device can't be recorded")
        }
        return driver
    }

    private mutating func ready() throws -> any DeviceDriver {
        if let driver { return driver }
        let made = try makeDriver(HostServices(options: options) { [link] in link.wake() })
        driver = made
        return made
    }

    /// An error that isn't a fault is named by its type only: its text may quote what was read.
    private static func fault(_ error: any Error) -> DeviceFault {
        (error as? DeviceFault)?.cleaned
            ?? DeviceFault(code: "link.internal", action: .reset, detail: "the driver failed with an unexpected \(type(of: error))")
    }
}

extension DeviceFault {
    /// A second command while one runs.
    static var busy: DeviceFault {
        DeviceFault(code: "link.busy", action: .reset, detail: "another command is being carried out")
    }
}
