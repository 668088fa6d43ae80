import Bench
import VirtualUSB

/// The words of a scenario for what a reader does, whatever its plug.
enum ReaderVerbs {
    typealias Step = SDTReaderCore.Step
    typealias Fault = SDTReaderCore.Fault

    static func card(_ arguments: [String]) throws -> SyntheticCard {
        guard let id = arguments.first, let citizen = SyntheticCitizen.named(id) else {
            throw DeviceTrouble("write `lay READER CITIZEN [badly]`; citizens are \(SyntheticCitizen.all.map(\.id).joined(separator: ", "))")
        }
        switch arguments.dropFirst().first {
        case nil: return SyntheticCard(citizen)
        case "badly": return SyntheticCard(citizen, placement: .badly)
        case .some(let word): throw DeviceTrouble("a card is laid flat, or `badly`, not `\(word)`")
        }
    }

    static func step(_ name: some StringProtocol) throws -> Step {
        guard let step = Step(rawValue: String(name)) else {
            throw DeviceTrouble("the reader's protocol has no step `\(name)`; steps are \(Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return step
    }

    /// `asked READER STEP`: waits until the reader is asked for it anew.
    static func asked(_ arguments: [String], _ requests: @Sendable () -> [Step], within deadline: Duration) async throws {
        guard arguments.count == 1 else { throw DeviceTrouble("write `asked READER STEP`") }
        let step = try Self.step(arguments[0])
        func count() -> Int { requests().count { $0 == step } }
        let before = count()
        try await Poll.until("the reader to be asked for \(step.rawValue)", deadline: deadline) { () -> Poll.Outcome<Void> in
            count() > before ? .there(()) : .notYet("the last request was \(requests().last?.rawValue ?? "none")")
        }
    }

    /// `FAULT [at STEP] [times N]`
    static func injection(_ arguments: [String], known: [String]) throws -> (fault: String, step: Step?, times: Int) {
        let usage = "write `inject READER FAULT [at STEP] [times N]`; faults are \(known.joined(separator: ", ")), and status:HH for an SW3"
        guard let fault = arguments.first, known.contains(fault) || Fault(name: fault) != nil else { throw DeviceTrouble(usage) }
        var (step, times): (Step?, Int) = (nil, 1)
        var rest = arguments.dropFirst()
        while let word = rest.popFirst() {
            guard let value = rest.popFirst() else { throw DeviceTrouble(usage) }
            switch word {
            case "at": step = try Self.step(value)
            case "times":
                guard let number = Int(value), number > 0 else { throw DeviceTrouble("`\(value)` is no number of times") }
                times = number
            default: throw DeviceTrouble(usage)
            }
        }
        return (fault, step, times)
    }
}
