/// Waiting for something that another process does: look again and again, until a deadline.
public enum Poll {
    /// What was waited for in vain.
    public struct Missed: Error, CustomStringConvertible {
        public var what: String
        public var deadline: Duration
        /// What stood there instead at the end.
        public var last: String

        public var description: String { "waited \(deadline.components.seconds) s for \(what) in vain; last seen: \(last)" }
    }

    /// - Parameters:
    ///   - pause: between two looks
    ///   - check: the value waited for, or a description of what is there instead; what it throws is such a description too
    public static func until<Value>(
        _ what: String, deadline: Duration = .seconds(30), every pause: Duration = .milliseconds(50), _ check: () async throws -> Outcome<Value>
    ) async throws -> Value {
        let end = ContinuousClock.now + deadline
        var last = "nothing"
        repeat {
            do {
                switch try await check() {
                case .there(let value): return value
                case .notYet(let description): last = description
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                last = "\(error)"
            }
            try await Task.sleep(for: pause)
        } while ContinuousClock.now < end
        throw Missed(what: what, deadline: deadline, last: last)
    }

    public enum Outcome<Value> {
        case there(Value)
        case notYet(String)
    }
}
