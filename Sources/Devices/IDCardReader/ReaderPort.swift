internal import KioskModel
internal import Line

/// Where a reader is plugged in, as the configuration says.
enum ReaderPort: Equatable {
    /// `baud` nil: whatever the reader answers at.
    case serial(path: String, baud: Int32?)
    /// `serial` and `path` choose among several readers with the same ids.
    case usb(vendor: UInt16, product: UInt16, serial: String?, path: String?)

    /// `port=` and, if wanted, `baud=`; or `usb=VENDOR:PRODUCT` and, if wanted, `serial=` or `path=`.
    /// - Throws: `reader.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        func value(_ key: String) -> String? { options[key].flatMap { $0.isEmpty ? nil : $0 } }
        func refuse(_ text: String) -> DeviceFault { DeviceFault(code: "reader.configuration", action: .configure, detail: text) }
        // A misspelt serial= would choose the wrong reader in silence.
        if let unknown = options.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw refuse("there is no option \(unknown)=; a reader has \(Self.known.joined(separator: "=, "))=")
        }
        switch (value("usb"), value("port")) {
        case (let ids?, nil):
            guard let identity = USBIdentity(ids) else {
                throw refuse("usb= needs vendor and product as two hexadecimal numbers of four digits: usb=0400:c35a")
            }
            guard options["baud"] == nil else { throw refuse("baud= belongs to port=; a reader on usb= has no speed to set") }
            self = .usb(vendor: identity.vendor, product: identity.product, serial: value("serial"), path: value("path"))
        case (nil, let path?):
            let baud = options["baud"].map { Int32($0) }
            if case .some(nil) = baud { throw refuse("baud= needs a number: baud=115200, or leave it away to have the speed found") }
            guard options["serial"] == nil, options["path"] == nil else { throw refuse("serial= and path= choose a reader on usb=, not on port=") }
            self = .serial(path: path, baud: baud ?? nil)
        case (nil, nil): throw refuse("the reader needs usb=0400:c35a, or port=/dev/ttyS0 and, if its speed isn't to be found, baud=")
        case (_?, _?): throw refuse("the reader needs either usb= or port=, not both")
        }
    }

    /// The speeds at which to look for the reader, the likeliest first; none where there is nothing to look for.
    var speeds: [Int32] {
        if case .serial(_, nil) = self { return [115_200, 57_600, 38_400, 19_200, 9600] }
        return []
    }

    /// The same port at that speed.
    func at(_ speed: Int32?) -> ReaderPort {
        if case .serial(let path, nil) = self { return .serial(path: path, baud: speed) }
        return self
    }

    private static let known = ["usb", "serial", "path", "port", "baud", "patience"]
}
