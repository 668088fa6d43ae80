import Bench
import DeviceLink

extension HostCommand.Family {
    /// `print PAGES [two-sided] [colour]`: a document of empty pages.
    static let paper = HostCommand.Family(names: ["print"]) { (_, arguments) throws(DeviceTrouble) in
        let usage = "write `print PAGES [two-sided] [colour]`, with 1 to 99 pages"
        guard let pages = arguments.first.flatMap({ Int($0) }), (1...99).contains(pages) else { throw DeviceTrouble(usage) }
        var request = PrintRequest(title: "CK-000001")
        for word in arguments.dropFirst() {
            switch word {
            case "two-sided": request.sides = .twoLongEdge
            case "colour": request.colour = .colour
            default: throw DeviceTrouble(usage)
            }
        }
        return HostCommand(.print(request), content: FileContent(name: "\(pages) pages") { [try .copying(SyntheticPDF.pages(pages))] })
    }
}
