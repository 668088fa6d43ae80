internal import CameraShim
public import DeviceLink
public import KioskModel

/// A camera through Video4Linux2, run inside kiosk-device on the host's one thread.
public final class CameraDriver: DeviceDriver {
    /// How long things may take; tests make them shorter.
    struct Timing {
        /// How long the stream goes on after a command, so that the next one is quick.
        var warm: Duration = .seconds(5)
        /// Without a whole frame for that long the camera is broken.
        var silence: Duration = .seconds(5)
        /// How long a start is tried again while the camera says that the bus failed.
        var start: Duration = .seconds(3)
    }

    let options: CameraOptions
    let timing: Timing
    private var place: CameraPlace?
    private var identity: [String: String] = [:]
    private(set) var handle: CameraHandle?
    private var lastUse = ContinuousClock.now
    /// Why the last command failed, until a picture has come again.
    private var trouble: CameraFailure?
    /// As the last frame that was looked at had it.
    var light: CameraFrame.Light?
    var lastLight: ContinuousClock.Instant?
    /// Frames that weren't whole, since the host started.
    var dropped = 0

    /// - Parameter options: `serial`, `path`, `card` or `device`, whichever it takes to mean one camera; `largest`, `settle`; or `source`, the
    ///   bench's frame source. A mistake is a fault `camera.options` that says what to write.
    public convenience init(options: [String: String]) throws {
        try self.init(options: options, timing: Timing())
    }

    init(options: [String: String], timing: Timing) throws {
        self.options = try CameraOptions(options)
        self.timing = timing
    }

    /// Looks whether the camera is where it was, without opening it; ends a stream that nobody has needed for a while.
    public func poll() -> DeviceStatus {
        do {
            try find()
            if let trouble { try tryAgain(after: trouble) }
            // What was seen then says nothing of the light that there is now.
            if lastUse.duration(to: .now) >= timing.warm { (handle, light, lastLight) = (nil, nil, nil) }
            var identity = identity
            if dropped > 0 { identity["dropped"] = "\(dropped)" }
            return DeviceStatus(state: .ready, identity: identity, conditions: conditions)
        } catch let failure as CameraFailure {
            handle = nil
            return DeviceStatus(state: failure.state, fault: failure.meaning, identity: identity)
        } catch {
            handle = nil
            let fault = (error as? DeviceFault) ?? CameraFailure.fault("internal", .reset, "looking for the camera failed")
            return DeviceStatus(state: .needsTechnician, fault: fault, identity: identity)
        }
    }

    /// Carries out `.preview`, `.capture` and `.awaitCodeInView`; every other command is a fault `camera.unsupported-command`.
    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        defer { lastUse = .now }
        do {
            let reply: DeviceReply
            switch command {
            case .preview(let request): reply = try preview(request, context)
            case .capture(let request): reply = try capture(request, context)
            case .awaitCodeInView(let request): reply = try awaitCode(request, context)
            default: throw CameraFailure.fault("unsupported-command", .configure, "a camera only shows, takes pictures and looks for codes")
            }
            trouble = nil
            return reply
        } catch let failure as CameraFailure {
            // Only a fresh start helps; while it is absent, poll says so.
            handle = nil
            trouble = failure.isGone ? nil : failure
            throw failure.meaning
        }
    }

    private var conditions: [DeviceCondition] {
        switch light {
        case .dark: [DeviceCondition(.dark)]
        case .backlit: [DeviceCondition(.backlit)]
        case .good, nil: []
        }
    }

    /// Returns the camera that is there, found anew when it was plugged in anew.
    func find() throws {
        if let place, place.isThere { return }
        (place, handle, light) = (nil, nil, nil)
        let found = try CameraPlace.find(options)
        let opened = try CameraHandle(found)
        identity = opened.identity
        place = found
    }

    /// The camera, open.
    func open() throws -> CameraHandle {
        try find()
        if let handle { return handle }
        guard let place else { throw CameraFailure(KIOSK_CAMERA_GONE, "open") }
        let opened = try CameraHandle(place)
        handle = opened
        return opened
    }

    /// After a failure nothing but a picture proves that the camera works.
    private func tryAgain(after failure: CameraFailure) throws {
        let context = CommandContext(deadline: .now + timing.silence) { _, _ in }
        do {
            try stream(context, rate: 15) { $0.nearest(width: 640, height: 480) }
            _ = try eachFrame(context) { _ in true }
        } catch is CancellationError {
            throw failure
        }
        handle = nil
        trouble = nil
    }
}
