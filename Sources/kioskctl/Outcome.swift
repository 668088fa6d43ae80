import ArgumentParser
import LocalAPI

/// The exit codes, as docs/cli.md promises them. Those above 63 are sysexits(3).
enum Outcome: Int32, CaseIterable {
    case ok = 0
    case needsTechnician = 1
    case notGenuine = 3
    case notFound = 4
    /// Set by the argument parser itself.
    case usage = 64
    case notAReceipt = 65
    case notRunning = 69
    case `internal` = 70
    case timedOut = 75
    case notUnderstood = 76
    case notPermitted = 77

    var meaning: String {
        switch self {
        case .ok: "answered, nothing wrong"
        case .needsTechnician: "answered, and it shows a device fault or an item that can't be delivered; or a device refused"
        case .notGenuine: "a receipt's code that none of the keys signed"
        case .notFound: "no device or item of that name, or the item's state doesn't allow it"
        case .usage: "wrong command line"
        case .notAReceipt: "not a receipt's code, or a damaged one"
        case .notRunning: "kioskd isn't running"
        case .internal: "kioskd or kioskctl failed"
        case .timedOut: "kioskd gave no answer in time, or holds the outbox that --data names"
        case .notUnderstood: "the answer wasn't understood (another version?)"
        case .notPermitted: "this user may not talk to kioskd, or not read or write the key"
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
            case .problem(let problem): Self(status: problem.status)
            case .notUnderstood: .notUnderstood
            case .broken: .internal
            }
    }

    private init(status: Int) {
        self =
            switch status {
            case 404, 409: .notFound
            case 423: .timedOut
            case 502: .needsTechnician
            default: .internal
            }
    }

    var exitCode: ExitCode { ExitCode(rawValue) }
}
