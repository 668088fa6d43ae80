internal import Glibc
internal import KioskModel
internal import LinkShim

/// A thread that has a missing device looked for as soon as the kernel tells of one that came, rather than at the next poll. It sleeps while nothing
/// comes; where a sandbox refuses the kernel's messages, polls are all there is.
enum ArrivalWatch {
    static func start(for link: HostLink) throws(LinkFailure) {
        let socket = kiosk_uevents_open()
        guard socket >= 0 else { return }
        do throws(LinkFailure) {
            try BlockingThread.start("arrivals") { watch(socket, link) }
        } catch {
            close(socket)
            throw error
        }
    }

    private static func watch(_ socket: Int32, _ link: HostLink) {
        defer { close(socket) }
        var pace = ArrivalPace()
        while true {
            let left = pace.due.map { Int32(clamping: Int((($0 - .now) / .milliseconds(1)).rounded(.up))) }
            let heard = kiosk_uevents_next(socket, left.map { max(0, $0) } ?? -1)
            guard heard >= 0 || heard == -EAGAIN else { return }
            let now = ContinuousClock.now
            if heard > 0 { pace.arrived(at: now) }
            if pace.isDue(at: now) { link.wakeIfMissing() }
        }
    }
}

extension DeviceClass {
    /// Whether it is a program only: nothing that could be plugged in.
    var isWorker: Bool { self == .imaging || self == .photoDecoder }
}

extension DeviceState {
    /// Whether plugging something in may change it.
    var isMissing: Bool {
        switch self {
        case .absent, .offline, .needsTechnician: true
        case .starting, .ready, .busy, .needsCitizen: false
        }
    }
}
