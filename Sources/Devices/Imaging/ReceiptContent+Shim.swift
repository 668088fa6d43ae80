internal import DeviceLink
internal import Glibc
internal import ImagingShim

extension ReceiptContent {
    /// The receipt as the shim takes it; its strings live for the length of the call.
    func withShimReceipt<Result>(_ body: (UnsafePointer<kiosk_receipt>) throws -> Result) throws -> Result {
        var owned: [UnsafeMutablePointer<CChar>] = []
        defer { owned.forEach { free($0) } }
        func copy(_ text: String) throws -> UnsafePointer<CChar> {
            guard let copied = strdup(text) else { throw ImagingCode.fault(KIOSK_IMAGING_NO_MEMORY.rawValue, "receipt") }
            owned.append(copied)
            return UnsafePointer(copied)
        }
        let rows = try lines.map { kiosk_receipt_line(label: try copy($0.label), value: try copy($0.value)) }
        let (title, footer) = (try copy(title), try copy(footer))
        let code = try code.map { try copy($0) }
        return try rows.withUnsafeBufferPointer { rows in
            try withUnsafePointer(
                to: kiosk_receipt(title: title, lines: rows.baseAddress, line_count: rows.count, footer: footer, code: code), body)
        }
    }
}
