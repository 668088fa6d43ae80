/// The ports of a virtual host controller, as vhci-hcd's `status` files list them.
struct VHCIStatus: Equatable, Sendable {
    struct Port: Equatable, Sendable {
        /// High and full speed plug into `hs` hubs, super speed into `ss`.
        var hub: String
        var number: Int
        var state: State
        /// `1-1` and the like, the device's name in sysfs; `0-0` for none.
        var device: String
    }

    /// usbip.h, enum usbip_device_status.
    enum State: Int, Sendable {
        case free = 4
        /// Attached, and without an address yet.
        case unassigned = 5
        case used = 6
        case failed = 7
    }

    var ports: [Port]

    /// Reads `hub port sta spd dev sockfd local_busid` with its heading; lines of another shape are left out.
    init(_ text: String) {
        ports = text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 7, let number = Int(words[1]), let state = Int(words[2]).flatMap(State.init) else { return nil }
            return Port(hub: String(words[0]), number: number, state: state, device: String(words[6]))
        }
    }

    /// The first free full-speed port other than `avoided`; nil when all are taken.
    func freePort(avoiding avoided: Int? = nil) -> Int? {
        ports.first { $0.hub == "hs" && $0.state == .free && $0.number != avoided }?.number
    }

    func port(_ number: Int) -> Port? { ports.first { $0.number == number } }
}
