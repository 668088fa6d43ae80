import ArgumentParser
import LocalAPI

/// The exit codes, as docs/cli.md promises them. Those above 63 are sysexits(3).
enum Outcome: Int32, CaseIterable {
    case ok = 0
    case needsTechnician = 1
    case notFound = 4
    /// Set by the argument parser itself.
    case usage = 64
    case notRunning = 69
    case `internal` = 70
    case timedOut = 75
    case notUnderstood = 76
    case notPermitted = 77

    var meaning: String {
        switch self {
        case .ok: "answered, nothing wrong"
        case .needsTechnician: "answered, and it shows a device fault or a rejected item; or a device refused"
        case .notFound: "no device or item of that name"
        case .usage: "wrong command line"
        case .notRunning: "kioskd isn't running"
        case .internal: "kioskd or kioskctl failed"
        case .timedOut: "kioskd gave no answer in time"
        case .notUnderstood: "the answer wasn't understood (another version?)"
        case .notPermitted: "this user may not talk to kioskd"
        }
    }

    static var help: String {
        "EXIT CODES:\n" + allCases.map { "  \($0.rawValue < 10 ? " " : "")\($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
    }

    init(_ error: LocalClientError) {
        self =
            switch error {
            case .notRunning: .notRunning
            case .notPermitted: .notPermitted
            case .timedOut: .timedOut
            case .problem(let problem): problem.status == 404 ? .notFound : problem.status == 502 ? .needsTechnician : .internal
            case .notUnderstood: .notUnderstood
            case .broken: .internal
            }
    }

    var exitCode: ExitCode { ExitCode(rawValue) }
}
