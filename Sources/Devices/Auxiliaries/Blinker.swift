internal import DeviceLink

/// What one output does by itself. A value: it is told the time, and says when it wants to be told again.
struct Blinker: Equatable {
    typealias Instant = ContinuousClock.Instant

    private(set) var isOn = false
    /// When it changes next; nil when it stays as it is.
    private(set) var due: Instant?
    /// Of one on or off; nil when what is due is the end.
    private var half: Duration?

    /// Begins a pattern: on at once, unless it is `off`.
    mutating func begin(_ pattern: SignalRequest.Pattern, at now: Instant) {
        switch pattern {
        case .off: (isOn, due, half) = (false, nil, nil)
        case .on: (isOn, due, half) = (true, nil, nil)
        case .blink(let period): (isOn, due, half) = (true, now + .milliseconds(period), .milliseconds(period))
        case .pulse(let length): (isOn, due, half) = (true, now + .milliseconds(length), nil)
        }
    }

    /// Changes if that is due. A change that comes late isn't made up for: the next one is a whole half away.
    mutating func advance(to now: Instant) {
        guard let due, due <= now else { return }
        isOn.toggle()
        self.due = half.map { now + $0 }
    }
}
