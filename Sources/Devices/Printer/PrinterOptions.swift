internal import Glibc
internal import KioskModel

/// The driver's options, checked.
struct PrinterOptions {
    /// Where jobs are handed in.
    var entrance: IPPPrinter
    var isQueue: Bool
    /// How long an obstacle may hold up a job before the job is cancelled.
    var patience: Duration

    static let defaultServer = "/run/cups/cups.sock"

    init(_ options: [String: String]) throws(DeviceFault) {
        if let unknown = options.keys.sorted().first(where: { !["uri", "queue", "server", "user", "patience"].contains($0) }) {
            throw Self.wrong("The printer has no option \(unknown); it has uri, queue, server, user and patience.")
        }
        let user = options["user"] ?? "kiosk-\(Self.hostName)"
        guard Self.isName(user) else { throw Self.wrong("user is a name of letters, digits, dots and dashes: user=kiosk-7.") }
        switch (options["uri"], options["queue"]) {
        case (let uri?, nil):
            guard uri.hasPrefix("ipp://") || uri.hasPrefix("ipps://") else {
                throw Self.wrong("uri is the printer's address: uri=ipp://ADDRESS:PORT/ipp/print.")
            }
            guard options["server"] == nil else { throw Self.wrong("server goes with queue, not with uri.") }
            entrance = IPPPrinter(uri: uri, socket: nil, user: user)
            isQueue = false
        case (nil, let queue?):
            guard Self.isName(queue) else { throw Self.wrong("queue is a print server's queue, as `lpstat -p` names it: queue=office.") }
            let server = options["server"] ?? Self.defaultServer
            guard server.hasPrefix("/"), server.utf8.count < 108 else {
                throw Self.wrong("server is the print server's socket: server=\(Self.defaultServer).")
            }
            entrance = IPPPrinter(uri: "ipp://localhost/printers/\(queue)", socket: server, user: user)
            isQueue = true
        default:
            throw Self.wrong("The printer needs either uri=ipp://ADDRESS:PORT/ipp/print or queue=NAME.")
        }
        guard let seconds = Int(options["patience"] ?? "15"), (1...3600).contains(seconds) else {
            throw Self.wrong("patience is in seconds, 1 to 3600: patience=15.")
        }
        patience = .seconds(seconds)
    }

    private static func wrong(_ detail: String) -> DeviceFault {
        DeviceFault(code: "printer.bad-option", action: .configure, detail: detail)
    }

    private static func isName(_ text: String) -> Bool {
        (1...127).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    /// Two kiosks may share a printer, and each cancels its own jobs only.
    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 65)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unnamed" }
        let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: name, as: UTF8.self)
        return isName(text) ? text : "unnamed"
    }
}
