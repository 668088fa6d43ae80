import KioskFlow
import KioskModel
import KioskRuntime
import LocalAPI
import ServiceLifecycle

/// Tells the session what can work now: devices and the way to the platform.
struct SurroundingsWatch: Service {
    let engine: SessionEngine
    let supervisor: DeviceSupervisor
    let delivery: DeliveryService
    /// The name of the device that serves each class.
    let roles: [DeviceClass: String]

    func run() async throws {
        let devices = await supervisor.changes
        let updates = await delivery.updates()
        // What was found out before anybody listened would otherwise be told only when it changes again.
        let status = await delivery.status
        await engine.surroundingsChanged { $0.platformReachable = status.platformReachable }
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await reports in devices.cancelOnGracefulShutdown() {
                    await engine.surroundingsChanged { $0.take(reports, roles: roles) }
                }
            }
            group.addTask {
                for await update in updates.cancelOnGracefulShutdown() {
                    guard case .status(let status) = update else { continue }
                    await engine.surroundingsChanged { $0.platformReachable = status.platformReachable }
                }
            }
        }
    }
}

extension Surroundings {
    /// What the devices say that serve the session; no other of their class is of use to it.
    mutating func take(_ reports: [DeviceReport], roles: [DeviceClass: String]) {
        let serving = reports.filter { $0.name == roles[$0.deviceClass] }
        ready = Set(serving.filter(\.canServe).map(\.deviceClass))
        scansBothSides = serving.contains { $0.deviceClass == .scanner && $0.identity[DeviceStatus.sides] == DeviceStatus.bothSides }
    }
}

extension DeviceReport {
    /// A device that waits for a page or is at work can serve; one that is starting or out of order can't.
    fileprivate var canServe: Bool {
        switch state {
        case .ready, .busy, .needsCitizen: true
        case .starting, .needsTechnician, .offline, .absent: false
        }
    }
}
