import Bench
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import ReceiptPrinter

/// The real driver on the simulated printer.
final class PrinterBench {
    let printer: ReceiptPrinterSimulator
    let driver: ReceiptPrinterDriver

    /// Times short enough for tests; the simulator answers within a millisecond, but machines are loaded.
    static var timing: ReceiptPrinterDriver.Timing {
        var timing = ReceiptPrinterDriver.Timing()
        timing.stall = 1500
        timing.look = 100
        return timing
    }

    private init(_ options: [String: String]) throws {
        printer = try ReceiptPrinterSimulator()
        try printer.plug()
        let port = ["port": printer.devicePath].merging(options) { $1 }
        let parsed = try ReceiptPrinterOptions(port)
        driver = ReceiptPrinterDriver(options: parsed, timing: Self.timing) { () throws(PrinterFailure) in try parsed.line() }
    }

    /// Runs `body` with a printer that is plugged in, and takes it down afterwards.
    static func run(_ options: [String: String] = [:], _ body: (PrinterBench) async throws -> Void) async throws {
        let bench = try PrinterBench(options)
        defer { bench.printer.remove() }
        try await body(bench)
    }

    static func context(_ milliseconds: Int = 20_000, onProgress: @escaping @Sendable () -> Void = {}) -> CommandContext {
        CommandContext(deadline: .now + .milliseconds(milliseconds)) { _, _ in onProgress() }
    }

    func print(width: Int, height: Int, context: CommandContext = context()) throws -> DeviceResult {
        try Self.print(SyntheticRaster.pixels(width: width, height: height), width, height, driver, context)
    }

    static func print(_ pixels: [UInt8], _ width: Int, _ height: Int, _ driver: ReceiptPrinterDriver, _ context: CommandContext = context()) throws
        -> DeviceResult
    {
        try driver.perform(.printRaster(RasterImage(width: width, height: height)), files: [try MemoryFile.copying(pixels)], context: context).result
    }
}
