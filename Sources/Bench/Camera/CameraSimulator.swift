public import Foundation
internal import Glibc
internal import Synchronization

/// A simulated camera: the frame source that stands in where no video device exists. The real driver is given `source=` and ``socketPath``; the
/// protocol is in Drivers/Camera/README.md.
public final class CameraSimulator: Sendable {
    public enum Failure: Error, Equatable {
        /// A system call failed with this errno.
        case system(call: String, code: Int32)
    }

    public struct Mode: Sendable, Equatable {
        public var isMJPEG: Bool
        /// pixels
        public var width: Int
        public var height: Int

        public init(isMJPEG: Bool = true, width: Int, height: Int) {
            (self.isMJPEG, self.width, self.height) = (isMJPEG, width, height)
        }
    }

    /// Where in the protocol something happens: the greeting, the negotiation, a frame whose first half has been sent.
    public enum Step: String, Sendable, CaseIterable { case hello, start, frame }

    /// What a bad frame is like.
    public enum Damage: String, Sendable, CaseIterable {
        /// ends in the middle, without EOI
        case truncated
        /// begins in the middle, without SOI
        case headless
        /// of another size than agreed
        case resized
        /// whole bytes, and the driver's word that the transport damaged them
        case flagged
        /// no byte at all
        case empty
    }

    /// What a video device answers to a start.
    public enum Refusal: String, Sendable, CaseIterable {
        /// ENOSPC
        case bandwidth
        /// EBUSY
        case busy
        /// EIO: a negotiation that failed on the bus
        case bus

        var code: Int32 {
            switch self {
            case .bandwidth: ENOSPC
            case .busy: EBUSY
            case .bus: EIO
            }
        }
    }

    struct State {
        var scene = CameraScene.plain
        var damage: [Damage] = []
        var isDamagedForever: Damage?
        var refusals: [Refusal] = []
        var isStalled = false
        var unplugAt: Step?
        var lost: UInt32 = 0
        var server: CameraServer?
        var starts: [Mode] = []
        var isStreaming = false
        var pictures: [String: Data] = [:]
        var isMoving = false
        var onFrame: (@Sendable (UInt32, Data) -> Void)?
    }

    /// Of the Unix socket, as long as the camera is plugged in.
    public let socketPath: String
    let modes: [Mode]
    /// frames a second
    let rate: Int
    let state = Mutex(State())
    private let folder: String

    /// Not plugged in yet.
    public init(modes: [Mode] = [Mode(width: 320, height: 240), Mode(width: 640, height: 480), Mode(width: 1280, height: 960)], rate: Int = 30) throws
    {
        var template = Array("/tmp/kiosk-camera-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.system(call: "mkdtemp", code: errno) }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        socketPath = folder + "/frames"
        self.modes = modes
        self.rate = rate
    }

    deinit {
        // It may be the server's own thread that lets go last: nothing is waited for.
        state.withLock { $0.server }?.hangUp()
        unlink(socketPath)
        rmdir(folder)
    }

    public var isPlugged: Bool { state.withLock { $0.server != nil } }
    /// Every mode that a stream was begun in.
    public var starts: [Mode] { state.withLock { $0.starts } }
    /// Whether a driver has a stream running.
    public var isStreaming: Bool { state.withLock { $0.isStreaming } }

    public func plug() throws {
        guard !isPlugged else { return }
        let server = try CameraServer(self)
        state.withLock { $0.server = server }
    }

    /// Hangs up in the middle of whatever is being said; returns when that is done.
    public func unplug() {
        let server = state.withLock { state -> CameraServer? in
            defer { (state.server, state.isStreaming, state.unplugAt) = (nil, false, nil) }
            return state.server
        }
        server?.close()
    }

    /// Unplugs it for good and leaves nothing behind.
    public func stop() {
        unplug()
        rmdir(folder)
    }

    /// Pulls its own plug when the protocol gets there.
    public func unplug(at step: Step) { state.withLock { $0.unplugAt = step } }

    public func show(_ scene: CameraScene) { state.withLock { $0.scene = scene } }

    /// The next `times` frames are bad.
    public func damage(_ damage: Damage, times: Int = 1) {
        state.withLock { $0.damage += Array(repeating: damage, count: times) }
    }

    /// Every frame is bad, until nil.
    public func damageAll(_ damage: Damage?) { state.withLock { $0.isDamagedForever = damage } }

    /// The next `times` starts are refused.
    public func refuse(_ refusal: Refusal, times: Int = 1) {
        state.withLock { $0.refusals += Array(repeating: refusal, count: times) }
    }

    /// Stops in the middle of a frame, or goes on.
    public func stall(_ isStalled: Bool) { state.withLock { $0.isStalled = isStalled } }

    /// So many frames get lost before the next: their numbers are left out.
    public func lose(_ count: Int) { state.withLock { $0.lost += UInt32(count) } }

    /// Whether what is seen moves, so that a frame differs from the one before.
    public func move(_ isMoving: Bool) { state.withLock { $0.isMoving = isMoving } }

    /// Is told of every frame before it is sent: its number and its bytes.
    public func watch(_ onFrame: (@Sendable (UInt32, Data) -> Void)?) { state.withLock { $0.onFrame = onFrame } }

    /// Draws every frame of the scene in that mode, which takes a while, before somebody waits for it.
    public func prepare(_ mode: Mode) throws {
        for step in 0..<Self.period { _ = try picture(mode, step: step) }
    }

    /// Different frames of a moving scene.
    private static let period = 8

    /// The frame of the scene in that mode; drawn once.
    func picture(_ mode: Mode, step: Int = 0) throws -> Data {
        let scene = state.withLock { $0.isMoving ? $0.scene.moved(step, of: Self.period) : $0.scene }
        let key = "\(scene) \(mode)"
        if let drawn = state.withLock({ $0.pictures[key] }) { return drawn }
        let drawn =
            try mode.isMJPEG
            ? CameraPicture.mjpeg(scene, width: mode.width, height: mode.height)
            : CameraPicture.yuyv(scene, width: mode.width, height: mode.height)
        state.withLock { $0.pictures[key] = drawn }
        return drawn
    }
}
