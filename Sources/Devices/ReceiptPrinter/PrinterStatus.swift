internal import KioskModel
internal import ReceiptPrinterShim

/// What a printer says of itself, and what follows from it. This is the driver's only table of ESC/POS bits and of the port status of the USB class.
struct PrinterStatus: Equatable {
    /// `KIOSK_RECEIPT_…` of DLE EOT 1 to 4
    var flags: Int32 = 0

    init(flags: Int32 = 0) {
        self.flags = flags
    }

    /// The port status of the USB printer class 1.1, 4.2.2: bit 5 paper empty, bit 3 no error. Bit 4, selected, is left clear by many printers.
    init(portStatus: Int32) {
        if portStatus & 0x20 != 0 {
            flags = Int32(KIOSK_RECEIPT_PAPER_OUT)
        } else if portStatus & 0x08 == 0 {
            flags = Int32(KIOSK_RECEIPT_ERROR)
        }
    }

    private struct Row {
        var flag: Int
        var state = DeviceState.needsTechnician
        var code: String
        var action: RepairAction
        var detail: String
    }

    /// The first that applies is told: an open cover hides the paper, and everything puts the printer offline.
    private static let table = [
        Row(flag: KIOSK_RECEIPT_UNRECOVERABLE, code: "unrecoverable", action: .replace, detail: "an unrecoverable error (n=3, bit 5)"),
        Row(flag: KIOSK_RECEIPT_COVER_OPEN, code: "cover-open", action: .clear, detail: "the cover is open (n=2, bit 2)"),
        Row(flag: KIOSK_RECEIPT_CUTTER, code: "cutter-error", action: .clear, detail: "the cutter is stuck (n=3, bit 3)"),
        Row(flag: KIOSK_RECEIPT_MECHANICAL, code: "mechanical-error", action: .clear, detail: "a mechanical error (n=3, bit 2)"),
        Row(
            flag: KIOSK_RECEIPT_PAPER_OUT, code: "paper-out", action: .refill,
            detail: "there is no paper (n=4, bits 5 and 6; n=2, bit 5; port status, bit 5)"),
        Row(
            flag: KIOSK_RECEIPT_RECOVERING, state: .offline, code: "recovering", action: .reset,
            detail: "it mends itself: the head is too hot (n=3, bit 6)"),
        Row(flag: KIOSK_RECEIPT_ERROR, code: "error", action: .clear, detail: "an error that it doesn't name (n=2, bit 6; port status, bit 3)"),
        Row(flag: KIOSK_RECEIPT_OFFLINE, state: .offline, code: "offline", action: .reset, detail: "it is offline and doesn't say why (n=1, bit 3)"),
    ]

    private var row: Row? { Self.table.first { Int(flags) & $0.flag != 0 } }

    /// nil for a printer that can print
    var fault: DeviceFault? {
        row.map { DeviceFault(code: "receiptPrinter.\($0.code)", action: $0.action, detail: "the printer says: \($0.detail)") }
    }

    var state: DeviceState { row?.state ?? .ready }

    var conditions: [DeviceCondition] { Int(flags) & KIOSK_RECEIPT_PAPER_LOW != 0 ? [DeviceCondition(.paperLow)] : [] }
}
