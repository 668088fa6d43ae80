internal import LinkShim

/// Where a device is plugged in.
enum USBPlace {
    /// Bus and ports of the USB device behind a device node, `1-2.4`; nil when there is none.
    static func of(_ node: String, sysfs: String = "/sys") -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { place in
            guard let start = place.baseAddress, kiosk_usb_place(sysfs, node, start, place.count) == 0 else { return nil }
            return String(cString: start)
        }
    }
}
