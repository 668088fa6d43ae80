import DeviceLink
import Glibc
import KioskModel

/// What kioskd hears: a host that says anything, against the real reader of the link and the rules of every command.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKioskEnd(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withoutLeftovers { run(Script(UnsafeBufferPointer(start: start, count: count))) }
    return 0
}

/// Commands once before the first input, so that what Swift's scheduler and timers open once isn't taken for a leak.
@_cdecl("LLVMFuzzerInitialize")
public func prepareKioskEnd(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    let hello = #"{"hello":{"_0":{"deviceClass":"scanner","name":"fuzz","version":1}}}"#
    Array("\(hello)\n!6\n~\n".utf8).withUnsafeBufferPointer { script in
        for _ in 0..<4 { run(Script(script)) }
    }
    return 0
}

/// The session of the last run. Referred to until the next one has ended: an object that nothing refers to weakly any more, but once did, tells its side table by a
/// number in its reference count alone, which the leak sanitizer takes for no pointer; it would call the table leaked while a thread is still letting go of the object.
private nonisolated(unsafe) weak var lastSession: HostSession?

private func run(_ script: Script) {
    let end: ContinuousClock.Instant
    do {
        let run = KioskEndRun()
        run.go(script)
        end = .now + .seconds(10)
        lastSession = run.session
    }
    while lastSession != nil {
        demand(ContinuousClock.now < end, "a session outlives its host")
        sched_yield()
    }
}

/// One host's life, with as many commands as it answers.
private final class KioskEndRun {
    private struct State {
        var isReady = false
        var end: HostEnd?
        var lastMark: String?
        /// Begun, and not yet answered to its caller.
        var running = 0
        /// The host has ended the last command.
        var isFree = true
    }

    private static let hello = Hello(name: "fuzz", deviceClass: .scanner)

    private let peer: Peer
    let session: HostSession
    private let state: Monitor<State>
    private var task: Task<Void, Never>?
    private var hasSpoken = false
    private var marks = 0

    init() {
        let (channel, peer) = Peer.pair()
        let state = Monitor(State())
        self.peer = peer
        self.state = state
        // Nothing here depends on speed: what hangs is the fuzzer's to find.
        var timing = DeviceTiming()
        (timing.hello, timing.heartbeat, timing.answerGrace, timing.cancelGrace) = (.seconds(600), .seconds(600), .seconds(600), .seconds(600))
        session = HostSession(channel: channel, expected: Self.hello, timing: timing) { _, event in
            state.update { state in
                switch event {
                case .ready: state.isReady = true
                case .status(let status):
                    Consumer.check(status)
                    state.lastMark = status.identity["mark"]
                case .free: state.isFree = true
                case .ended(let end):
                    demand(state.end == nil, "ended twice")
                    state.end = end
                }
            }
        }
        session.start()
    }

    func go(_ script: Script) {
        for step in script.steps { take(step) }
        finish()
    }

    private func take(_ step: Script.Step) {
        switch step {
        case .datagram(let datagram):
            if peer.send(datagram), datagram.times > 0 { hasSpoken = true }
        case .command(let number):
            guard settle(), state.update({ $0.isFree }) else { return }
            begin(Commands.all[number % Commands.all.count])
        case .cancel:
            if settle() { task?.cancel() }
        case .text: break
        }
    }

    /// The host dies, and everything under way must end.
    private func finish() {
        peer.channel.shutdown()
        state.wait { $0.end != nil && $0.running == 0 ? .done(()) : .until(nil) }
    }

    /// Waits until everything that was said has been heard. False once the link has ended, or before its hello.
    private func settle() -> Bool {
        guard hasSpoken else { return false }
        let isReady = state.wait { $0.end != nil ? .done(false) : $0.isReady ? .done(true) : .until(nil) }
        guard isReady else { return false }
        marks += 1
        let mark = "\(marks)"
        guard (try? peer.channel.send(HostMessage.status(DeviceStatus(state: .ready, identity: ["mark": mark])), timeout: .seconds(600))) != nil
        else { return false }
        return state.wait { $0.end != nil ? .done(false) : $0.lastMark == mark ? .done(true) : .until(nil) }
    }

    private func begin(_ command: DeviceCommand) {
        state.update {
            $0.running += 1
            $0.isFree = false
        }
        task = Self.perform(command, session, state)
        // A host reads its command before it answers it; what kioskd says must be a message, and carry what it says.
        while let (message, files) = try? peer.channel.receive(KioskMessage.self, timeout: .seconds(600)) {
            guard case .command(_, let heard, _) = message else { continue }
            demand(heard == command && files.count == command.fileCount, "another command arrived")
            return
        }
    }

    private static func perform(_ command: DeviceCommand, _ session: HostSession, _ state: Monitor<State>) -> Task<Void, Never> {
        Task.detached {
            let consumer = Consumer(command)
            let order = DeviceOrder(command: command, files: Commands.files(for: command), deadline: .now + .seconds(600)) { progress, files in
                consumer.take(progress, files)
            }
            let outcome = await session.perform(order)
            consumer.take(outcome)
            state.update { $0.running -= 1 }
        }
    }
}
