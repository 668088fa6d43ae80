import Bench

/// The words of a scenario for what a receipt printer does, whatever its plug.
enum ReceiptVerbs {
    private static let verbs = ["paper", "trouble", "mend", "mute", "jam", "jammed", "free", "printed", "take"]

    static func perform(_ verb: String, _ arguments: [String], on printer: ReceiptPrinterSimulator, within deadline: Duration) async throws
        -> String
    {
        switch (verb, arguments) {
        case ("paper", ["in"]):
            printer.handle {
                $0.paper = nil
                $0.isLow = false
            }
        case ("paper", ["out"]): printer.handle { $0.paper = 0 }
        case ("paper", ["low"]): printer.handle { $0.isLow = true }
        case ("paper", let words) where words.count == 2 && words[0] == "for":
            guard let rows = Int(words[1]), rows >= 0 else { throw DeviceTrouble("write `paper PRINTER for ROWS`") }
            printer.handle { $0.paper = rows }
        case ("trouble", let words) where words.count == 1:
            let trouble = try trouble(words[0])
            printer.handle { $0.set(trouble, true) }
        case ("mend", let words) where words.count == 1:
            let trouble = try trouble(words[0])
            printer.handle { $0.set(trouble, false) }
        case ("mute", ["on"]), ("mute", ["off"]): printer.handle { $0.isMute = arguments == ["on"] }
        case ("jam", []): printer.jam()
        case ("jammed", []):
            try await Poll.until("the paper to jam", deadline: deadline) { printer.look(\.isJammed) ? .there(()) : .notYet("it runs") }
        case ("free", []): printer.free()
        case ("take", []): printer.handle { $0.takeAway() }
        case ("printed", []): return printer.look(Self.printed)
        default:
            throw DeviceTrouble(
                "`\(verb) \(arguments.joined(separator: " "))` is nothing a receipt printer does; verbs are options, \(verbs.joined(separator: ", "))"
            )
        }
        return "done"
    }

    private static func trouble(_ name: String) throws -> ReceiptPrinterCore.Trouble {
        guard let trouble = ReceiptPrinterCore.Trouble(rawValue: name) else {
            let known = ReceiptPrinterCore.Trouble.allCases.map(\.rawValue)
            throw DeviceTrouble("a printer has no trouble `\(name)`; they are \(known.joined(separator: ", "))")
        }
        return trouble
    }

    static func step(_ name: String) throws -> ReceiptPrinterCore.Step {
        guard let step = ReceiptPrinterCore.Step(rawValue: name) else {
            let known = ReceiptPrinterCore.Step.allCases.map(\.rawValue)
            throw DeviceTrouble("the printer's protocol has no step `\(name)`; steps are \(known.joined(separator: ", "))")
        }
        return step
    }

    /// Each receipt by its size, `torn` when its pixels aren't those of the synthetic raster of that size, `hanging` while it isn't cut off.
    private static func printed(_ core: ReceiptPrinterCore) -> String {
        guard core.misunderstood == 0 else { return "\(core.misunderstood) bytes not understood" }
        let receipts = core.receipts.map { receipt in
            let (width, height) = (receipt.rowBytes * 8, receipt.height)
            let isWhole = receipt.pixels == SyntheticRaster.pixels(width: width, height: height)
            return "\(width)x\(height)" + (isWhole ? "" : " torn") + (receipt.isCut ? "" : " hanging")
        }
        return receipts.isEmpty ? "nothing" : receipts.joined(separator: ", ")
    }
}
