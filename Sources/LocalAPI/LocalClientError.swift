/// Why kioskd gave no answer that could be used.
public enum LocalClientError: Error, Equatable, CustomStringConvertible {
    /// Nobody listens at the socket, or it isn't there.
    case notRunning(socket: String)
    /// This user may not use the socket.
    case notPermitted(socket: String)
    /// No whole answer within the deadline.
    case timedOut(socket: String)
    /// kioskd answered with a problem: 404 for an unknown device or item.
    case problem(LocalProblem)
    /// Something answered, but not in the words of this API: another version, another program.
    case notUnderstood(String)
    /// The connection broke.
    case broken(String)

    /// One sentence for standard error.
    public var description: String {
        switch self {
        case .notRunning(let socket): "kioskd isn't running: nobody listens at \(socket)"
        case .notPermitted(let socket): "this user may not talk to kioskd at \(socket)"
        case .timedOut(let socket): "kioskd doesn't answer at \(socket)"
        case .problem(let problem): "\(problem.detail) (\(problem.code))"
        case .notUnderstood(let what): "the answer wasn't understood: \(what)"
        case .broken(let what): "the connection to kioskd broke: \(what)"
        }
    }
}
