internal import DeviceLink
internal import KioskModel

/// Why kioskd holds a host to be over.
enum HostEnd: Sendable, Equatable {
    /// It closed the link, or died.
    case closed
    /// It answered no ping, or overran a deadline, and is killed.
    case hung
    /// It broke the protocol, and is killed.
    case violation(LinkFailure.Violation)
    /// A system call on the link failed with this errno.
    case system(call: String, code: Int32)
    /// kioskd stops.
    case stopped

    init(_ failure: LinkFailure) {
        switch failure {
        case .closed, .unsendable: self = .closed
        case .timedOut: self = .hung
        case .violation(let violation): self = .violation(violation)
        case .system(let call, let code): self = .system(call: call, code: code)
        }
    }

    /// For the command it cut short. `isLate`: the command's deadline had passed, so that it was the host's own watchdog that ended it.
    func fault(isLate: Bool) -> DeviceFault {
        switch self {
        case .closed where !isLate:
            DeviceFault(code: "link.host-died", action: .reset, detail: "the device's host process ended during the command")
        case .closed, .hung:
            DeviceFault(code: DeviceFault.hostHung, action: .reset, detail: "the device's host process didn't answer in time")
        case .violation(let violation):
            DeviceFault(code: "link.violation", action: .reset, detail: "the device's host process broke the protocol: \(violation.rawValue)")
        case .system(let call, let code):
            DeviceFault(code: "link.host-died", action: .reset, detail: "\(call) on the link to the host failed with errno \(code)")
        case .stopped:
            .absent
        }
    }
}

extension DeviceFault {
    static let hostHung = "link.host-hung"

    /// No host came up in time.
    static var absent: DeviceFault {
        DeviceFault(code: "link.host-absent", action: .reset, detail: "the device's host process isn't running")
    }

    static var occupied: DeviceFault {
        DeviceFault(code: "link.busy", action: .reset, detail: "earlier commands occupied the device until the deadline")
    }

    static func badRequest(_ detail: String) -> DeviceFault {
        DeviceFault(code: "link.bad-request", action: .configure, detail: detail)
    }
}
