import KioskFlow
import KioskModel
import KioskRuntime
import LocalAPI
import Logging
import ServiceLifecycle

/// Has the kiosk finish, store and stop in order before its battery ends. Its ``run()`` returns when that has come: nobody is at the screen then.
actor PowerWatch: Service {
    private let engine: SessionEngine
    private let supervisor: DeviceSupervisor
    private let logger: Logger
    private var policy: PowerPolicy
    private var patience: Task<Void, Never>?
    /// The kiosk is to end because of the battery.
    private(set) var hasEnded = false

    init(engine: SessionEngine, supervisor: DeviceSupervisor, minimumRuntime: Int, logger: Logger) {
        self.engine = engine
        self.supervisor = supervisor
        self.logger = logger
        policy = PowerPolicy(minimumRuntime: minimumRuntime)
    }

    func run() async throws {
        let reports = await supervisor.changes
        let screens = await engine.updates()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await reports in reports.cancelOnGracefulShutdown() {
                    if await self.take(reports) { return }
                }
            }
            group.addTask {
                for await _ in screens.cancelOnGracefulShutdown() {
                    if await self.isOver() { return }
                }
            }
            _ = await group.next()
            group.cancelAll()
        }
        patience?.cancel()
    }

    /// Returns whether the kiosk is to end.
    private func take(_ reports: [DeviceReport]) async -> Bool {
        let before = policy
        policy.update(reports)
        if policy.isUncertain != before.isUncertain { policy.isUncertain ? startPatience() : patience?.cancel() }
        await follow(before)
        return await isOver()
    }

    private func startPatience() {
        patience?.cancel()
        patience = Task { [weak self] in
            guard (try? await Task.sleep(for: PowerPolicy.patience)) != nil else { return }
            await self?.forget()
        }
    }

    private func forget() async {
        let before = policy
        policy.forget()
        await follow(before)
    }

    private func follow(_ before: PowerPolicy) async {
        guard policy.advice != before.advice || policy.isOnBattery != before.isOnBattery else { return }
        logger.warning(
            "the power supply has changed what is to be done", metadata: ["advice": "\(policy.advice)", "on battery": "\(policy.isOnBattery)"])
        let (isOnBattery, isClosing) = (policy.isOnBattery, policy.advice != .goOn)
        await engine.surroundingsChanged {
            $0.isOnBattery = isOnBattery
            $0.isClosing = isClosing
        }
    }

    private func isOver() async -> Bool {
        guard policy.advice == .end, await engine.isIdle else { return false }
        hasEnded = true
        return true
    }
}
