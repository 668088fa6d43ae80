internal import DeviceLink
public import Foundation
internal import KioskModel

/// A command that somebody may have to answer for: it is written down before it goes out, and again when its end is known.
public enum DeviceAct: Sendable, Equatable {
    case opening(door: Int)
    /// `reference` is the job's title; nil where the job has none.
    case printing(reference: String?)

    /// Something that became known of an act.
    public enum Fact: Sendable, Equatable {
        /// The printer has the job.
        case accepted
        /// The paper left the printer's mouth.
        case taken
        /// `outcome` as in `DeviceLogEntry`; `sheets` are those known to be printed.
        case ended(outcome: String, sheets: Int?, at: Date)
    }

    init?(_ command: DeviceCommand) {
        switch command {
        case .openDoor(let door): self = .opening(door: door)
        case .print(let request): self = .printing(reference: request.title)
        case .printRaster: self = .printing(reference: nil)
        default: return nil
        }
    }
}

extension Completion {
    /// As a row of the log says it.
    var outcome: String {
        switch self {
        case .success: "done"
        case .remedy(let remedy): "remedy \(remedy.rawValue)"
        case .fault(let fault): "fault \(fault.code)"
        case .cancelled: "cancelled"
        }
    }
}
