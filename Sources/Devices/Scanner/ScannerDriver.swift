public import DeviceLink
public import KioskModel
internal import ScannerShim

/// A document scanner through libsane, run inside kiosk-device on the host's one thread.
public final class ScannerDriver: DeviceDriver {
    /// How long one read waits before the command is looked at again, milliseconds: well within the 200 ms in which a cancel is honoured.
    private static let readWait: Int32 = 50
    /// bytes asked for at once: as many as a pipe holds. A backend without a select descriptor may fill it before it returns, so it is kept small.
    private static let chunk = 64 << 10

    private let device: String
    private let extra: [(option: String, value: String)]
    private var started = false
    private var handle: ScannerHandle?
    private var identity: [String: String] = [:]

    /// - Parameter options: `device`, the SANE name (`airscan:e0:Virtual`), needed; `option.NAME`, a SANE option set before each scan
    ///   (`option.swcrop=yes`), any number of them. Another key, or no device, is a fault `scanner.options`.
    public init(options: [String: String]) throws {
        guard let device = options["device"], !device.isEmpty else { throw PageFrame.fault("options", "option device is missing") }
        self.device = device
        var extra: [(option: String, value: String)] = []
        for (key, value) in options.sorted(by: { $0.key < $1.key }) where key != "device" {
            guard key.hasPrefix("option.") else { throw PageFrame.fault("options", "unknown option \(key)") }
            extra.append((String(key.dropFirst("option.".count)), value))
        }
        self.extra = extra
    }

    deinit {
        shutDown()
    }

    /// Opens the device anew, which is the only question that every backend answers from the device itself.
    public func poll() -> DeviceStatus {
        shutDown()
        do {
            _ = try open()
            return DeviceStatus(state: .ready, identity: identity)
        } catch let failure as ScannerFailure {
            return Self.status(of: failure)
        } catch {
            return DeviceStatus(state: .offline, fault: DeviceFault(code: "scanner.internal", action: .reset, detail: "open failed"))
        }
    }

    /// Carries out `.scan`; every other command is a fault `scanner.unsupported-command`.
    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard case .scan(let request) = command else { throw PageFrame.fault("unsupported-command", "a scanner only scans") }
        do {
            return DeviceReply(.scanned(pages: try scan(request, context)))
        } catch let failure as ScannerFailure {
            let meaning = failure.meaning
            // After a fault only a fresh start helps; after a remedy the device is as good as before.
            if meaning is DeviceFault { shutDown() }
            throw meaning
        }
    }

    private func scan(_ request: ScanRequest, _ context: CommandContext) throws -> Int {
        guard request.maxPages > 0 else { return 0 }
        try context.checkCancelled()
        let handle = try open()
        let resolution = try handle.configure(for: request, extra: extra)
        // SANE wants a cancel after the last page as well as after a failure; what is left in the feeder stays there.
        defer { handle.cancel() }
        let limit = request.source == .flatbed ? 1 : request.maxPages
        var pages = 0
        while pages < limit, try scanPage(pages, with: handle, resolution: resolution, context) { pages += 1 }
        guard pages > 0 else { throw CitizenRemedy.insertPages }
        return pages
    }

    /// Scans one page into the memfd it travels in. Returns false when there was none.
    private func scanPage(_ index: Int, with handle: ScannerHandle, resolution: Int, _ context: CommandContext) throws -> Bool {
        try context.checkCancelled()
        guard try handle.startPage(context) else { return false }
        let frame = try PageFrame(try handle.parameters(), resolution: resolution)
        do {
            let file = try MemoryFile.written { try receive(frame, from: handle, context, append: $0) }
            let image = try frame.image(index: index, byteCount: file.byteCount)
            try context.report(.page(image), files: [file])
            return true
        } catch let failure as ScannerFailure where failure.code == KIOSK_SCANNER_NO_DOCS.rawValue {
            // Some backends (airscan) learn that the feeder is empty only when the picture is asked for.
            return false
        }
    }

    /// Reads to the end of the page, which comes only with SANE's end-of-file: whatever lies beyond the bytes announced is too much.
    private func receive(
        _ frame: PageFrame, from handle: ScannerHandle, _ context: CommandContext, append: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 16) { buffer in
            var used = 0
            do {
                while let count = try read(into: buffer, from: handle, context) {
                    used += count
                    guard used <= frame.capacity else {
                        throw PageFrame.fault("page-too-large", "more than the \(frame.capacity) bytes announced")
                    }
                    try append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            } catch let failure as ScannerFailure where failure.code == KIOSK_SCANNER_NO_DOCS.rawValue && used > 0 {
                throw ScannerFailure(code: KIOSK_SCANNER_EOF.rawValue, step: "read")
            }
        }
    }

    /// One read, unless the command has been cancelled or its time is up.
    private func read(into buffer: UnsafeMutableRawBufferPointer, from handle: ScannerHandle, _ context: CommandContext) throws -> Int? {
        try context.checkCancelled()
        guard context.remainingMilliseconds > 0 else { throw ScannerFailure(code: KIOSK_SCANNER_TIMED_OUT.rawValue, step: "read") }
        return try handle.read(into: buffer, within: Self.readWait)
    }

    private func open() throws -> ScannerHandle {
        if let handle { return handle }
        if !started {
            try ScannerFailure.check(kiosk_scanner_init(), "init")
            started = true
        }
        let opened = try ScannerHandle(name: device)
        handle = opened
        if identity.isEmpty {
            identity = try ScannerHandle.describe(device)
            identity[DeviceStatus.node] = Self.node(of: device)
            if opened.scansBothSides { identity[DeviceStatus.sides] = DeviceStatus.bothSides }
        }
        return opened
    }

    /// Closes the device and ends libsane: airscan looks for its devices only when it starts.
    private func shutDown() {
        handle = nil
        if started { kiosk_scanner_exit() }
        started = false
    }

    /// Backends for USB name the device's number on its bus, which changes with each plugging: `epson2:libusb:001:004`.
    static func node(of device: String) -> String? {
        guard let match = device.firstMatch(of: /libusb:(\d{3}):(\d{3})$/) else { return nil }
        return "/dev/bus/usb/\(match.1)/\(match.2)"
    }

    private static func status(of failure: ScannerFailure) -> DeviceStatus {
        let state: DeviceState =
            switch kiosk_scanner_code(rawValue: failure.code) {
            // SANE says `invalid` when there is no device of that name, and a network scanner that nobody answers for is an input or output error.
            case KIOSK_SCANNER_INVALID, KIOSK_SCANNER_IO_ERROR: .absent
            case KIOSK_SCANNER_JAMMED, KIOSK_SCANNER_COVER_OPEN: .needsCitizen
            case KIOSK_SCANNER_ACCESS_DENIED, KIOSK_SCANNER_HW_LOCKED, KIOSK_SCANNER_UNSUPPORTED: .needsTechnician
            default: .offline
            }
        if failure.code == KIOSK_SCANNER_INVALID.rawValue {
            return DeviceStatus(state: .absent, fault: DeviceFault(code: "scanner.not-found", action: .replug, detail: "no device of that name"))
        }
        return DeviceStatus(state: state, fault: failure.meaning as? DeviceFault)
    }
}
