import Bench
import DeviceLink
import Foundation
import KioskModel
import Synchronization
import Testing

@testable import Camera

/// The real driver on the simulated camera.
final class CameraRig {
    let camera: CameraSimulator
    let driver: CameraDriver

    init(
        _ options: [String: String] = [:], modes: [CameraSimulator.Mode]? = nil, silence: Duration = .seconds(10), warm: Duration = .seconds(60)
    ) throws {
        camera = try modes.map { try CameraSimulator(modes: $0) } ?? CameraSimulator()
        try camera.plug()
        var timing = CameraDriver.Timing()
        timing.silence = silence
        timing.warm = warm
        driver = try CameraDriver(options: options.merging(["source": camera.socketPath]) { $1 }, timing: timing)
    }

    deinit { camera.unplug() }

    struct Shown: Sendable {
        var frame: CameraFrame
        var jpeg: Data
    }

    /// Shows until `isEnough` has seen enough, which cancels, and returns what was shown; `ended` is how it ended otherwise.
    func preview(
        _ request: CameraRequest = CameraRequest(width: 320, height: 240, rate: 30), seconds: Int = 30,
        until isEnough: @escaping @Sendable (Int) -> Bool
    ) throws -> [Shown] {
        try run(.preview(request), seconds: seconds, until: isEnough).shown
    }

    /// Carries out a command; a cancel is no error.
    func run(
        _ command: DeviceCommand, seconds: Int = 30, until isEnough: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) throws -> (reply: DeviceReply?, shown: [Shown]) {
        let shown = Mutex<[Shown]>([])
        let context = Mutex<CommandContext?>(nil)
        let made = CommandContext(deadline: .now + .seconds(seconds)) { progress, files in
            guard case .frame(let frame) = progress else { return }
            let jpeg = try files[0].withBytes { Data($0) }
            let count = shown.withLock {
                $0.append(Shown(frame: frame, jpeg: jpeg))
                return $0.count
            }
            if isEnough(count) { context.withLock { $0?.cancel() } }
        }
        context.withLock { $0 = made }
        defer { context.withLock { $0 = nil } }
        do {
            let reply = try driver.perform(command, files: [], context: made)
            return (reply, shown.withLock { $0 })
        } catch is CancellationError {
            #expect(made.isCancelled || made.remainingMilliseconds == 0)
            return (nil, shown.withLock { $0 })
        }
    }

    func capture() throws -> Shown {
        let reply = try #require(try run(.capture(CameraRequest())).reply)
        guard case .picture(let frame) = reply.result, reply.files.count == 1 else { throw Unexpected.result }
        return Shown(frame: frame, jpeg: try reply.files[0].withBytes { Data($0) })
    }

    func code(seconds: Int = 30) throws -> ScannedCode {
        let reply = try #require(try run(.awaitCodeInView(CameraRequest(width: 640, height: 480)), seconds: seconds).reply)
        guard case .code(let code) = reply.result else { throw Unexpected.result }
        return code
    }

    /// The fault that ends a command.
    func fault(of command: DeviceCommand = .capture(CameraRequest()), seconds: Int = 30) throws -> String? {
        do {
            _ = try run(command, seconds: seconds)
            return nil
        } catch let fault as DeviceFault {
            return fault.code
        }
    }

    /// Polls as the host does, until the camera is ready again.
    func pollUntilReady() throws {
        let end = ContinuousClock.now + .seconds(30)
        var status = driver.poll()
        while status.state != .ready, ContinuousClock.now < end { status = driver.poll() }
        #expect(status.state == .ready && status.fault == nil)
    }

    enum Unexpected: Error { case result }
}
