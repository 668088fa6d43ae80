internal import CodeScannerShim
internal import FoundationEssentials
internal import Glibc
internal import KioskModel
internal import LineShim

/// An open scanner.
final class ScannerConnection {
    private let handle: OpaquePointer
    /// Where it was found.
    let path: String

    /// Over any line, which is closed with it. `limit` in milliseconds.
    init(line: kiosk_line, form: kiosk_code_form, path: String, limit: Int32) throws(ScannerFailure) {
        var line = line
        var opened: OpaquePointer?
        let result = kiosk_codescanner_open(&line, form, limit, &opened)
        guard result == 0, let opened else { throw ScannerFailure(code: result) }
        handle = opened
        self.path = path
    }

    deinit {
        kiosk_codescanner_close(handle)
    }

    /// Drops what was shown so far, and what has begun of the next code.
    func discard() throws(ScannerFailure) {
        let result = kiosk_codescanner_discard(handle)
        guard result >= 0 else { throw ScannerFailure(code: result) }
    }

    /// The next whole code, or nil when none came within `limit` milliseconds.
    func read(limit: Int32) throws(ScannerFailure) -> ScannedCode? {
        var aim: [CChar] = [0, 0, 0, 0]
        var data = [UInt8](repeating: 0, count: Int(KIOSK_CODE_MAX))
        defer { data.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        let count = kiosk_codescanner_read(handle, &aim, &data, data.count, limit)
        guard count > 0 else {
            let failure = ScannerFailure(code: count)
            if failure == .timeout { return nil }
            throw failure
        }
        let symbology = String(decoding: aim.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return ScannedCode(symbology: symbology, content: Data(data.prefix(Int(count))))
    }
}
