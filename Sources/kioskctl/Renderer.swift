import ArgumentParser
import Foundation
import LocalAPI

enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// An answer that can be printed both ways.
protocol Report: Encodable {
    var table: Table { get }
    /// Whether a technician has something to do.
    var needsTechnician: Bool { get }
}

/// A report that also comes in lists.
protocol ListedReport: Report {
    static func list(_ reports: [Self]) -> Table
}

extension Array: Report where Element: ListedReport {
    var table: Table { Element.list(self) }
    var needsTechnician: Bool { contains { $0.needsTechnician } }
}

/// The only thing in kioskctl that makes output.
struct Renderer {
    let format: Format

    /// Ends with a line feed.
    func render(_ report: some Report) throws -> String {
        switch format {
        case .table: report.table.text
        case .json: String(decoding: try LocalJSON.encoder(pretty: true).encode(report), as: UTF8.self) + "\n"
        }
    }
}
