internal import KioskModel

/// Where the @words@ is, as the configuration says.
struct @Name@Port: Equatable {
    /// The tty.
    var path: String
    var baud: Int32

    /// - Throws: `@name@.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        func refuse(_ text: String) -> DeviceFault { @Name@Failure.configuration(text).fault }
        if let unknown = options.keys.sorted().first(where: { $0 != "port" && $0 != "baud" }) {
            throw refuse("there is no option \(unknown)=; there are port= and baud=")
        }
        guard let path = options["port"], !path.isEmpty else { throw refuse("port= is missing, the tty of the device: port=/dev/ttyS1") }
        guard let baud = Int32(options["baud"] ?? "9600") else { throw refuse("baud= needs a number: baud=9600") }
        self.path = path
        self.baud = baud
    }
}
