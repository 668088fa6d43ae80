internal import DeviceLink
internal import KioskModel

/// The way of a job to paper: the entrance, where it is handed in, and the machine that prints it. Without a print server they are the same.
///
/// A print server knows little of its printer: its reasons are those of the last job, and its count of sheets is what it has sent, not what came
/// out. Both are therefore asked of the machine, whenever the server's queue leads to one that speaks IPP.
struct PrinterRoute {
    private(set) var entrance: IPPPrinter
    /// nil behind a queue whose printer speaks no IPP: a USB printer with a driver of its own.
    let machine: IPPPrinter?
    let capabilities: PrinterCapabilities
    let isQueue: Bool

    /// Asks the entrance what it can do.
    init(_ options: PrinterOptions, _ limit: IPPPrinter.Limit) throws {
        entrance = options.entrance
        isQueue = options.isQueue
        capabilities = try entrance.capabilities(limit)
        guard options.isQueue else {
            machine = entrance
            return
        }
        let device = capabilities.deviceURI
        let speaksIPP = device.hasPrefix("ipp://") || device.hasPrefix("ipps://")
        // What follows a question mark is for the server's backend.
        machine = speaksIPP ? IPPPrinter(uri: String(device.prefix { $0 != "?" }), socket: nil, user: entrance.user) : nil
    }

    /// The same, with one connection to the entrance for what follows closely.
    func keepingConnection() -> PrinterRoute {
        var route = self
        route.entrance = entrance.keepingConnection()
        return route
    }

    /// What both say, the machine's reasons first.
    func status(_ limit: IPPPrinter.Limit) throws -> IPPPrinter.Status {
        var status = try entrance.status(limit)
        guard isQueue, let machine else { return status }
        let behind = try machine.status(limit)
        // What the queue last heard of its printer is older than what the printer says: only its own troubles count.
        let own = status.reasons.filter { PrinterReason.isOfQueue($0) }
        status.reasons = behind.reasons + own.filter { !behind.reasons.contains($0) }
        status.isStopped = status.isStopped || behind.isStopped
        status.isAccepting = status.isAccepting && behind.isAccepting
        return status
    }

    /// Lets a queue go on that its backend stopped: cupsd's `ipp` does that when its printer goes away or troubles it at the wrong moment, whatever
    /// `ErrorPolicy` says, and then waits for an administrator. One that may not be resumed by us stays as it is.
    func resumeQueue(_ limit: IPPPrinter.Limit) throws {
        guard isQueue, PrinterReason.keywords(try entrance.status(limit).reasons).contains("paused") else { return }
        do {
            try entrance.resume(limit)
        } catch let failure as PrinterFailure where !failure.mayPass {
            // Left to the technician: the queue's status says that it is paused.
        }
    }

    /// Cancels what an earlier host, or an earlier moment without a connection, left behind under our name; true if there was any. Throws while that
    /// isn't certain.
    func cancelLeftovers(_ limit: IPPPrinter.Limit) throws -> Bool {
        var found = false
        for place in isQueue ? [entrance, machine].compactMap(\.self) : [entrance] {
            for job in try place.jobs(limit) {
                found = true
                do {
                    try place.cancel(job: job.id, limit)
                } catch let failure as PrinterFailure where failure == .notPossible || failure == .notFound {
                    // It ended by itself, or is ending.
                }
            }
        }
        return found
    }
}
