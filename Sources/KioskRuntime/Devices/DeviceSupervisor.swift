public import DeviceLink
internal import KioskModel
public import LocalAPI
public import Logging
public import ServiceLifecycle

/// Keeps one host process running for each device and carries out commands on them. A host that dies, hangs or lies costs the command it had, never the
/// session: it is ended, replaced, and the next command finds the new one.
public actor DeviceSupervisor: Service, DeviceRunner {
    private let units: [String: DeviceUnit]
    private let board: ReportBoard
    private let socketPath: String
    private let records: (any DeviceRecords)?
    private let logger: Logger

    /// `socketPath` (at most 107 bytes) lies in a directory that only kioskd and its hosts can enter. Names in `specs` are unique.
    /// Without `records` nothing is remembered, and without `ports` no USB port is reset.
    public init(
        specs: [DeviceSpec], launcher: any Launcher, socketPath: String, logger: Logger, records: (any DeviceRecords)? = nil,
        ports: (any PortResetter)? = nil, timing: DeviceTiming = DeviceTiming()
    ) {
        let board = ReportBoard(specs)
        let made = specs.map {
            (
                $0.name,
                DeviceUnit(
                    $0, launcher: launcher, socketPath: socketPath, timing: timing, board: board, logger: logger, records: records, ports: ports)
            )
        }
        self.board = board
        self.socketPath = socketPath
        self.records = records
        self.logger = logger
        units = Dictionary(made) { first, _ in first }
    }

    /// Listens and keeps the hosts running until the task is cancelled or the service group shuts down; returns when every host has ended.
    /// Throws when the socket can't be opened.
    public func run() async throws {
        let reception = try HostReception(path: socketPath, logger: logger)
        await remember()
        let units = Array(units.values)
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for unit in units { group.addTask { await unit.run(reception) } }
            }
        } onCancelOrGracefulShutdown: {
            for unit in units { unit.stop() }
        }
        reception.close()
        board.finish()
    }

    /// What was known of the devices before. They don't wait long for a disk that hangs.
    private func remember() async {
        guard let records else { return }
        switch await Waiting.for({ try await records.histories() }, until: .now + .seconds(5)) {
        case .done(.success(let histories)):
            for (name, history) in histories { units[name]?.remember(history) }
        case .done(.failure(let error)):
            logger.error("what was known of the devices can't be read", metadata: ["error": "\(error)"])
        case .late, .cancelled:
            logger.error("what was known of the devices isn't read in time")
        }
    }

    /// Carries out one command, and always returns:
    /// - with the device's completion and the files that belong to it, checked;
    /// - with `.cancelled` as soon as the calling task is cancelled (the host is told, and is replaced if it doesn't come free);
    /// - with a fault of the link: `link.host-absent` (none came up before the deadline), `link.busy` (others had the device until the deadline),
    ///   `link.host-died`, `link.host-hung` (no answer by the deadline and two seconds), `link.violation`, `link.bad-request`, `link.unknown-device`.
    ///
    /// Commands to one device are carried out one after the other; waiting counts towards the deadline. `progress` is called in order on a thread
    /// of the link, before the return, and should be quick: while it runs the host is held up.
    public func perform(
        _ command: DeviceCommand, on name: String, files: [MemoryFile] = [], deadline: Duration,
        progress: @escaping @Sendable (DeviceProgress, [MemoryFile]) -> Void = { _, _ in }
    ) async -> DeviceOutcome {
        guard let unit = units[name] else {
            return DeviceOutcome(completion: .fault(.init(code: "link.unknown-device", action: .configure, detail: "no device of that name")))
        }
        guard command.deviceClasses.contains(unit.spec.deviceClass), command.fileCount == files.count, files.count <= LinkChannel.maxFiles else {
            return DeviceOutcome(completion: .fault(.badRequest("the command doesn't fit the device, or its files the command")))
        }
        return await unit.perform(DeviceOrder(command: command, files: files, deadline: .now + deadline, progress: progress))
    }

    /// A technician's reset: has the device let go of and opened anew, also one whose host is out of service; returns as
    /// ``perform(_:on:files:deadline:progress:)`` does. A device that is well then is offered at once, whatever it did before, and its ticket is closed.
    public func reset(_ name: String) async -> DeviceOutcome {
        units[name]?.hurry()
        let outcome = await perform(.reset, on: name, deadline: DeviceUnit.resetDeadline)
        if case .success = outcome.completion { units[name]?.forgive() }
        return outcome
    }

    /// Of every configured device, in the order of the configuration.
    public var reports: [DeviceReport] { board.reports }

    /// A stream of its own for each reader: the newest reports at once, then again at every change, until ``run()`` returns.
    public var changes: AsyncStream<[DeviceReport]> { board.changes() }
}
