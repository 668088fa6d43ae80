import KioskModel

/// A scenario file, read: what is there, and what happens to it, line by line.
struct Scenario: Equatable {
    /// The file's name without its folder and ending.
    var name: String
    var devices: [Declaration]
    var hosts: [Host]
    var steps: [Step]

    /// `device NAME KIND key=value…`; a contract leaves the kind open as `?`, for whoever runs it to say.
    struct Declaration: Equatable {
        var line: Int
        var name: String
        var kind: String
        /// A value may hold `{NAME.VERB}`: what that device answers to that verb once it is plugged in, such as its path.
        var options: [String: String]
    }

    /// `host NAME CLASS key=value…`: a real kiosk-device process, kept running by the kiosk's supervisor. It drives the device of the same name.
    ///
    /// An option `{NAME.VERB}` without a key becomes the options that the device answers with: `port=/dev/pts/3 baud=9600`.
    struct Host: Equatable {
        var line: Int
        var name: String
        var deviceClass: DeviceClass
        var options: [String: String]
    }

    struct Step: Equatable {
        var line: Int
        var action: Action
        /// The step fails when it isn't done by then.
        var deadline: Duration
    }

    enum Action: Equatable {
        case plug(String)
        /// With a protocol step, the device pulls its own plug when it gets there.
        case unplug(String, at: String?)
        /// Whatever else the device can do; with `answer`, what it must say.
        case perform(verb: String, device: String, arguments: [String], answer: String?)
        case run(HostCommand, host: String, outcome: Outcome?)
        case begin(HostCommand, host: String)
        case end(host: String, outcome: Outcome?)
        /// Cancels what was begun; it must end as cancelled.
        case cancel(host: String)
        case expect(DeviceState, host: String, fault: String?)
        /// In the words of ``DeviceCondition``: `expect reader with cardLeft`, `expect locker without "doorOpen 3"`.
        case expectCondition(String, Bool, host: String)
        /// In the words of ``DeviceProgress/inWords``: `expect keypad progress "1 3 7"`.
        case expectProgress(String, host: String)
    }

    /// How a command must end.
    enum Outcome: Equatable {
        /// In the words of ``DeviceResult/inWords``: `done`, `card resident`, `doors 3 open`.
        case success(String)
        case remedy(CitizenRemedy)
        /// The code of the fault.
        case fault(String)
    }
}
