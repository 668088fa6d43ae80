internal import KioskModel

/// Which UPS of which server, as the configuration says: `kiosk@127.0.0.1:3493`.
struct UPSAddress: Equatable {
    var name: String
    var host = "127.0.0.1"
    /// 3493 is the port of Network UPS Tools (IANA: nut).
    var port: UInt16 = 3493

    /// `ups=NAME@HOST[:PORT]`
    /// - Throws: `ups.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        func refuse(_ text: String) -> DeviceFault { DeviceFault(code: "ups.configuration", action: .configure, detail: text) }
        if let unknown = options.keys.sorted().first(where: { $0 != "ups" }) {
            throw refuse("there is no option \(unknown)=; a power supply has ups=")
        }
        guard let text = options["ups"], !text.isEmpty else {
            throw refuse("the power supply needs ups=NAME@HOST, as upsc takes it: ups=kiosk@127.0.0.1")
        }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        // A blank or a line's end in the name would be a second question to the server.
        let isWord = parts[0].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        guard parts.count <= 2, (1...64).contains(parts[0].utf8.count), isWord else {
            throw refuse("ups= needs the name that upsd knows it by, and where upsd is: ups=kiosk@127.0.0.1")
        }
        name = parts[0]
        guard parts.count == 2 else { return }
        var place = parts[1][...]
        // An IPv6 address stands in brackets when a port follows.
        if let colon = place.lastIndex(of: ":"), place.hasPrefix("[") ? place[..<colon].hasSuffix("]") : place.firstIndex(of: ":") == colon {
            guard let number = UInt16(place[place.index(after: colon)...]), number > 0 else {
                throw refuse("ups= needs a port from 1 to 65535 behind the colon: ups=kiosk@127.0.0.1:3493")
            }
            port = number
            place = place[..<colon]
        }
        if place.hasPrefix("["), place.hasSuffix("]") { place = place.dropFirst().dropLast() }
        guard !place.isEmpty else { throw refuse("ups= needs the host behind the @: ups=kiosk@127.0.0.1") }
        host = String(place)
    }
}
