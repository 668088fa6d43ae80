internal import DeviceLink
internal import ScannerShim

/// One open scanner: the shim's calls with Swift's types and errors. Closed with the object.
final class ScannerHandle {
    private let scanner: OpaquePointer

    /// Opens the device of that SANE name; libsane must have been started.
    init(name: String) throws {
        var opened: OpaquePointer?
        try ScannerFailure.check(kiosk_scanner_open(name, &opened), "open")
        guard let opened else { throw ScannerFailure(code: KIOSK_SCANNER_INVALID.rawValue, step: "open") }
        scanner = opened
    }

    deinit {
        kiosk_scanner_close(scanner)
    }

    /// What the backend says of the device of that name; empty when it doesn't list it (a device may be opened without being listed).
    static func describe(_ name: String) throws -> [String: String] {
        var devices = [kiosk_scanner_device](repeating: kiosk_scanner_device(), count: 16)
        let count = try ScannerFailure.check(kiosk_scanner_list(&devices, devices.count), "list")
        for device in devices.prefix(Int(count)) where text(of: device.name) == name {
            return ["vendor": text(of: device.vendor), "model": text(of: device.model), "type": text(of: device.type)]
        }
        return [:]
    }

    /// A C array of characters, which Swift sees as a tuple.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Sets a numeric option and returns what the device took.
    @discardableResult
    func set(_ option: String, to value: Double) throws -> Double {
        var applied = value
        try ScannerFailure.check(kiosk_scanner_set_number(scanner, option, value, &applied), "set \(option)")
        return applied
    }

    func set(_ option: String, to value: String) throws {
        try ScannerFailure.check(kiosk_scanner_set_text(scanner, option, value), "set \(option)")
    }

    /// Every text that an option accepts; empty when the device hasn't got the option.
    func choices(of option: String) -> [String] {
        var found: [String] = []
        var text = [CChar](repeating: 0, count: 128)
        while kiosk_scanner_choice(scanner, option, found.count, &text, text.count) >= 0 {
            found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return found
    }

    /// What a numeric option accepts; nil when the device hasn't got it.
    func bounds(of option: String) -> kiosk_scanner_bounds? {
        var bounds = kiosk_scanner_bounds()
        return kiosk_scanner_bounds_of(scanner, option, &bounds) >= 0 ? bounds : nil
    }

    /// What a numeric option accepts that comes nearest; nil when the device hasn't got it.
    func nearest(_ option: String, to wanted: Double) -> Double? {
        var nearest = wanted
        return kiosk_scanner_nearest(scanner, option, wanted, &nearest) >= 0 ? nearest : nil
    }

    func parameters() throws -> kiosk_scanner_parameters {
        var parameters = kiosk_scanner_parameters()
        try ScannerFailure.check(kiosk_scanner_parameters_of(scanner, &parameters), "parameters")
        return parameters
    }

    /// Feeds and starts the next page. Returns false when the feeder has no more. Ends early when the command is cancelled or its time is up.
    func startPage(_ context: CommandContext) throws -> Bool {
        let result = withExtendedLifetime(context) {
            kiosk_scanner_start(scanner, context.remainingMilliseconds, isCancelled, Unmanaged.passUnretained(context).toOpaque())
        }
        if result == KIOSK_SCANNER_CANCELLED.rawValue { try context.checkCancelled() }
        if result == KIOSK_SCANNER_NO_DOCS.rawValue { return false }
        try ScannerFailure.check(result, "start")
        return true
    }

    /// Reads what has arrived into `buffer`; 0 when nothing came within `milliseconds`, nil at the end of the page.
    func read(into buffer: UnsafeMutableRawBufferPointer, within milliseconds: Int32) throws -> Int? {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return 0 }
        let count = kiosk_scanner_read(scanner, base, buffer.count, milliseconds)
        if count == Int(KIOSK_SCANNER_EOF.rawValue) { return nil }
        guard count >= 0 else { throw ScannerFailure(code: Int32(truncatingIfNeeded: count), step: "read") }
        return count
    }

    func cancel() {
        kiosk_scanner_cancel(scanner)
    }
}

/// Asked by the shim from its own thread; a free function, because a closure literal could inherit an isolation that doesn't hold there.
private func isCancelled(_ context: UnsafeMutableRawPointer?) -> Bool {
    guard let context else { return false }
    return Unmanaged<CommandContext>.fromOpaque(context).takeUnretainedValue().isCancelled
}
