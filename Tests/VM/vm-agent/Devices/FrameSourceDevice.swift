import Bench

/// `frames`: a simulated camera behind the driver's stand-in source.
struct FrameSourceDevice: VMDevice {
    private let camera: CameraSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a simulated camera has no options") }
        camera = try CameraSimulator()
    }

    var isPlugged: Bool { camera.isPlugged }

    func plug(within deadline: Duration) async throws { try camera.plug() }

    func unplug(within deadline: Duration) async throws { camera.unplug() }

    func unplug(at step: String) async throws {
        guard let known = CameraSimulator.Step(rawValue: step) else {
            throw DeviceTrouble("a camera has no step `\(step)`; steps are \(Self.list(CameraSimulator.Step.allCases))")
        }
        camera.unplug(at: known)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options": return "source=\(camera.socketPath)"
        case "show": camera.show(try Self.scene(arguments))
        case "stall": camera.stall(true)
        case "resume": camera.stall(false)
        case "damage":
            guard let damage = arguments.first.flatMap(CameraSimulator.Damage.init) else {
                throw DeviceTrouble("write `damage CAMERA KIND [TIMES]`; kinds are \(Self.list(CameraSimulator.Damage.allCases))")
            }
            camera.damage(damage, times: try Self.times(arguments))
        case "refuse":
            guard let refusal = arguments.first.flatMap(CameraSimulator.Refusal.init) else {
                throw DeviceTrouble("write `refuse CAMERA REASON [TIMES]`; reasons are \(Self.list(CameraSimulator.Refusal.allCases))")
            }
            camera.refuse(refusal, times: try Self.times(arguments))
        default: throw DeviceTrouble("a camera has no verb `\(verb)`; verbs are options, show, stall, resume, damage, refuse")
        }
        return "done"
    }

    func end() async { camera.stop() }

    private static func scene(_ arguments: [String]) throws -> CameraScene {
        let usage = "write `show CAMERA plain|dark|backlit`, `show CAMERA page CITIZEN` or `show CAMERA code TEXT`"
        switch (arguments.first, arguments.dropFirst().first) {
        case ("plain", nil): return .plain
        case ("dark", nil): return .dark
        case ("backlit", nil): return .backlit
        case ("code", let text?): return .code(text)
        case ("page", let id?):
            guard let citizen = SyntheticCitizen.named(id) else { throw DeviceTrouble("there is no citizen `\(id)`") }
            return .page(citizen)
        default: throw DeviceTrouble(usage)
        }
    }

    private static func times(_ arguments: [String]) throws -> Int {
        guard let word = arguments.dropFirst().first else { return 1 }
        guard let times = Int(word), times > 0 else { throw DeviceTrouble("`\(word)` is no number of times") }
        return times
    }

    private static func list(_ all: [some RawRepresentable<String>]) -> String { all.map(\.rawValue).joined(separator: ", ") }
}
