import KioskModel

/// What a host of each class may hold for itself when a citizen has gone.
enum MemoryBudget {
    /// Megabytes of 2^20 bytes in private pages: Private_Clean and Private_Dirty of smaps_rollup.
    static func megabytes(_ deviceClass: DeviceClass) -> Double {
        switch deviceClass {
        // A line and a protocol.
        case .idCardReader, .receiptPrinter, .codeScanner, .locker, .keypad: 8
        // A small library each, or a pipe to a program; a camera's and a printer's buffers go with their work.
        case .auxiliaries, .powerSupply, .smartCardReader, .photoDecoder, .camera, .printer: 8
        // A maker's backend and what that loads.
        case .scanner: 12
        // Two Chinese faces since the first receipt: 26 MB of their files, which no other host maps and the system may take back, and 33 MB of tables.
        case .imaging: 80
        }
    }
}
