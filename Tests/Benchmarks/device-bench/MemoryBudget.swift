import KioskModel

/// What a host of each class may hold for itself, while it is idle.
enum MemoryBudget {
    /// megabytes of 2^20 bytes, private pages (Private_Clean and Private_Dirty of smaps_rollup)
    static func megabytes(_ deviceClass: DeviceClass) -> Double {
        switch deviceClass {
        // A line and a protocol.
        case .idCardReader, .receiptPrinter, .codeScanner, .locker, .keypad: 8
        // The same with a small library each: libgpiod, libupsclient, libpcsclite; or nothing but pipes to a program.
        case .auxiliaries, .powerSupply, .smartCardReader, .photoDecoder: 8
        // Buffers and libraries of their own: ZBar, libcups, Leptonica with Pango and its fonts.
        case .camera, .printer, .imaging: 16
        // What the maker's backend loads, and airscan brings TLS, XML and discovery.
        case .scanner: 16
        }
    }
}
