internal import KioskModel
internal import KeypadShim
internal import Line

/// Which keypad is meant, as the configuration says.
enum KeypadPlace: Equatable {
    /// A node, or a socket that speaks its events.
    case node(String)
    /// Vendor and product, zero for any; and the name that the device gives itself.
    case search(ids: UInt32, name: String?)

    /// `usb=VVVV:PPPP` or `name=`, or both; or `device=/dev/input/eventN`.
    /// - Throws: `keypad.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        func value(_ key: String) -> String? { options[key].flatMap { $0.isEmpty ? nil : $0 } }
        func refuse(_ text: String) -> DeviceFault { DeviceFault(code: "keypad.configuration", action: .configure, detail: text) }
        if let unknown = options.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw refuse("there is no option \(unknown)=; a keypad has \(Self.known.joined(separator: "=, "))=")
        }
        if let path = value("device") {
            guard value("usb") == nil, value("name") == nil else {
                throw refuse("device= says which keypad; usb= and name= look for one: write either")
            }
            guard path.hasPrefix("/") else { throw refuse("device= needs a whole path: device=/dev/input/event3") }
            self = .node(path)
            return
        }
        var ids: UInt32 = 0
        if let text = value("usb") {
            guard let identity = USBIdentity(text) else {
                throw refuse("usb= needs vendor and product as two hexadecimal numbers of four digits: usb=062a:4101")
            }
            ids = UInt32(identity.vendor) << 16 | UInt32(identity.product)
        }
        let name = value("name")
        guard ids != 0 || name != nil else {
            throw refuse("the keypad needs usb=062a:4101, name=\"…\" as in /proc/bus/input/devices, or device=/dev/input/event3")
        }
        self = .search(ids: ids, name: name)
    }

    private static let known = ["usb", "name", "device"]

    /// The node of the moment, with what is known of the device. Opens nothing.
    func find() throws(KeypadFailure) -> (path: String, identity: [String: String]) {
        switch self {
        case .node(let path):
            try KeypadFailure.check(kiosk_keypad_look(path))
            return (path, ["node": path])
        case .search(let ids, let name):
            var found = kiosk_keypad_found()
            func search(_ name: UnsafePointer<CChar>?) -> Int32 {
                var query = kiosk_keypad_query(name: name, ids: ids)
                return kiosk_keypad_find(&query, &found)
            }
            try KeypadFailure.check(name.map { $0.withCString(search) } ?? search(nil))
            let path = Self.text(of: found.path)
            try KeypadFailure.check(kiosk_keypad_look(path))
            var identity = [DeviceStatus.node: path, "model": Self.text(of: found.name), "ids": Self.idText(found.ids)]
            let place = Self.text(of: found.place)
            if !place.isEmpty { identity["place"] = place }
            return (path, identity)
        }
    }

    private static func idText(_ ids: UInt32) -> String {
        [ids >> 16, ids & 0xFFFF].map { id in
            let text = String(id, radix: 16)
            return String(repeating: "0", count: max(0, 4 - text.count)) + text
        }.joined(separator: ":")
    }

    /// A C array of characters, which Swift sees as a tuple.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
