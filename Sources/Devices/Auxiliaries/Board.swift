internal import AuxiliariesShim
internal import DeviceLink
internal import Glibc
internal import KioskModel
internal import Synchronization

/// An open board, and the thread that blinks its lights and watches its sensors. It sleeps until an edge or the next thing due.
final class Board: @unchecked Sendable {
    // Unchecked: `gpio` is filled in before the thread begins; `wait` and `close` are called by that thread alone, the others under the lock while the
    // board isn't closed.

    /// Between two wakes of the host: a flapping sensor is told four times a second at most.
    static let wakePause: Duration = .milliseconds(250)
    /// Milliseconds to open.
    private static let openLimit: Int32 = 2000

    private let gpio = UnsafeMutablePointer<kiosk_gpio>.allocate(capacity: 1)
    private let plan: BoardPlan
    private let wake: @Sendable () -> Void
    private let state: Mutex<State>
    private let life = Monitor(false)

    struct State {
        var blinkers: [Blinker]
        /// What each output was last set to.
        var lit: [Bool]
        var debouncers: [Debouncer] = []
        var failure: GPIOFailure?
        var isEnding = false
        var isClosed = false
        /// A change that the host hasn't been woken for.
        var isNews = false
        var nextWake = ContinuousClock.now
    }

    /// Opens the board, everything off.
    init(_ plan: BoardPlan, wake: @escaping @Sendable () -> Void) throws(GPIOFailure) {
        self.plan = plan
        self.wake = wake
        let off = plan.outputs.map { _ in false }
        state = Mutex(State(blinkers: off.map { _ in Blinker() }, lit: off))
        gpio.initialize(to: kiosk_gpio())
        try GPIOFailure.check(Self.isSocket(plan.chip) ? kiosk_gpio_socket(plan.chip, gpio) : kiosk_gpio_chip(plan.chip, gpio))
        do throws(GPIOFailure) {
            try GPIOFailure.check(kiosk_gpio_open(gpio, plan.pins, plan.pins.count, Self.openLimit))
            var sensors: [Debouncer] = []
            for index in plan.inputs.indices { sensors.append(Debouncer(isActive: try level(index), pause: plan.debounce)) }
            let first = sensors
            state.withLock { $0.debouncers = first }
            try start()
        } catch {
            kiosk_gpio_close(gpio)
            throw error
        }
    }

    deinit {
        gpio.deallocate()
    }

    /// Everything off, the pins given back. Call it once.
    func close() {
        state.withLock { state in
            state.isEnding = true
            if !state.isClosed { kiosk_gpio_interrupt(gpio) }
        }
        life.wait { $0 ? .done(()) : .until(nil) }
    }

    /// Begins a pattern; returns once the output is as the pattern begins.
    func signal(_ output: Int, _ pattern: SignalRequest.Pattern) throws(GPIOFailure) {
        try state.withLock { (state) throws(GPIOFailure) in
            if let failure = state.failure { throw failure }
            state.blinkers[output].begin(pattern, at: .now)
            try show(output, &state)
            kiosk_gpio_interrupt(gpio)
        }
    }

    /// What the sensors say. Asks each pin, so that a board that has gone is noticed though nothing moves.
    func conditions() throws(GPIOFailure) -> [DeviceCondition] {
        try state.withLock { (state) throws(GPIOFailure) in
            if let failure = state.failure { throw failure }
            for index in plan.inputs.indices where try level(index) != state.debouncers[index].isActive && state.debouncers[index].due == nil {
                // A chip whose own driver polls it misses what is shorter, such as a bounce back to what the sensor was.
                state.debouncers[index].edge(at: .now)
                kiosk_gpio_interrupt(gpio)
            }
            // An output has no edge to notice a lost board by; setting it to what it is does.
            for output in plan.outputs.indices { try GPIOFailure.check(kiosk_gpio_set(gpio, output, state.lit[output])) }
            return zip(plan.inputs, state.debouncers).filter(\.1.isActive).map { DeviceCondition($0.0.sensor) }
        }
    }

    // MARK: The thread

    private func start() throws(GPIOFailure) {
        do {
            try BlockingThread.start("gpio") { [self] in run() }
        } catch {
            throw .system
        }
    }

    private func run() {
        while let (watched, due) = turn() {
            var changed: UInt32 = 0
            let result = kiosk_gpio_wait(gpio, watched, &changed, Self.milliseconds(until: due))
            if result < 0, Int(result) != KIOSK_GPIO_TIMEOUT {
                // The next poll says so, and opens anew.
                state.withLock { $0.failure = GPIOFailure(code: result) }
                wake()
                break
            }
            let edges = changed
            state.withLock { state in
                for index in state.debouncers.indices where edges >> UInt32(plan.outputs.count + index) & 1 != 0 {
                    state.debouncers[index].edge(at: .now)
                }
            }
        }
        // Whoever comes now finds the failure, and none of the pins.
        state.withLock { $0.isClosed = true }
        kiosk_gpio_close(gpio)
        life.update { $0 = true }
    }

    /// Does what is due. Returns which inputs to watch and when something is due next; nil at the end.
    private func turn() -> (watched: UInt32, due: ContinuousClock.Instant?)? {
        let (next, isNews) = state.withLock { state -> ((UInt32, ContinuousClock.Instant?)?, Bool) in
            guard !state.isEnding else { return (nil, false) }
            let now = ContinuousClock.now
            do throws(GPIOFailure) {
                for output in state.blinkers.indices {
                    state.blinkers[output].advance(to: now)
                    try show(output, &state)
                }
                for index in state.debouncers.indices {
                    guard let due = state.debouncers[index].due, due <= now else { continue }
                    if state.debouncers[index].look(try level(index), at: now) { state.isNews = true }
                }
            } catch {
                state.failure = error
                return (nil, true)
            }
            let tells = state.isNews && state.nextWake <= now
            if tells {
                state.isNews = false
                state.nextWake = now + Self.wakePause
            }
            let dues = state.blinkers.compactMap(\.due) + state.debouncers.compactMap(\.due) + (state.isNews ? [state.nextWake] : [])
            let watched = state.debouncers.indices.filter { state.debouncers[$0].due == nil }
            let mask = watched.reduce(UInt32(0)) { $0 | 1 << UInt32(plan.outputs.count + $1) }
            return ((mask, dues.min()), tells)
        }
        if isNews { wake() }
        return next
    }

    private func show(_ output: Int, _ state: inout State) throws(GPIOFailure) {
        let isOn = state.blinkers[output].isOn
        guard isOn != state.lit[output] else { return }
        try GPIOFailure.check(kiosk_gpio_set(gpio, output, isOn))
        state.lit[output] = isOn
    }

    private func level(_ input: Int) throws(GPIOFailure) -> Bool {
        try GPIOFailure.check(kiosk_gpio_get(gpio, plan.outputs.count + input)) != 0
    }

    /// Rounded up, so that what is waited for is due then; -1 for never.
    private static func milliseconds(until due: ContinuousClock.Instant?) -> Int32 {
        guard let due else { return -1 }
        let left = due - .now
        return left <= .zero ? 0 : Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return path.hasPrefix("/") && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
