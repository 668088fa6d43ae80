internal import KioskModel

/// Which reader, as the configuration says.
struct SmartCardOptions: Equatable {
    /// A part of the reader's name, when there are several.
    var reader: String?
    /// The socket of a pcscd that isn't the system's.
    var socket: String?

    init(reader: String? = nil, socket: String? = nil) {
        self.reader = reader
        self.socket = socket
    }

    /// - Throws: `smartCardReader.configuration`, with what to write.
    init(_ options: [String: String]) throws(DeviceFault) {
        func refuse(_ text: String) -> DeviceFault { DeviceFault(code: "smartCardReader.configuration", action: .configure, detail: text) }
        for key in options.keys.sorted() {
            guard ["reader", "socket"].contains(key) else { throw refuse("there is no option \(key)=; a smart-card reader has reader= and socket=") }
            guard options[key]?.isEmpty == false else { throw refuse("\(key)= is empty; leave it out, or write what it names") }
        }
        self.init(reader: options["reader"], socket: options["socket"])
    }

    /// The one reader of those that pcscd has.
    func choose(among names: [String]) throws(DeviceFault) -> String {
        let fitting = names.filter { name in reader.map { name.contains($0) } ?? true }
        if let name = fitting.first, fitting.count == 1 { return name }
        let all = names.sorted().joined(separator: ", ")
        guard !fitting.isEmpty else {
            let detail = names.isEmpty ? "pcscd has no reader" : "pcscd has no reader whose name holds reader=; it has \(all)"
            throw DeviceFault(code: "smartCardReader.absent", action: .replug, detail: detail)
        }
        throw DeviceFault(
            code: "smartCardReader.configuration", action: .configure,
            detail: "pcscd has several readers; name a part of one's name with reader=: \(all)")
    }
}
