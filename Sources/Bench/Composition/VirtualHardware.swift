import Foundation
import Synchronization

/// The hardware of a whole kiosk, one device of every class and a second camera: what a hand plays with, and how kioskd is told to find it.
public final class VirtualHardware: Sendable {
    /// A class whose component isn't there, and why.
    public struct Missing: Sendable, Codable, Equatable, CustomStringConvertible {
        public var device: String
        public var reason: String

        public var description: String { "\(device) is missing: \(reason)" }
    }

    public let reader: SDTReaderSimulator
    public let scanner = ESCLScannerSimulator()
    public let printer: IPPPrinterSimulator
    public let receiptPrinter: ReceiptPrinterSimulator
    public let codeScanner: CodeScannerSimulator
    public let locker: LockerSimulator
    public let keypad: KeypadSimulator
    public let board: GPIOBoardSimulator
    /// Looks at who stands there, and at what lies on the desk. The first serves where a command names a class only.
    public let faceCamera: CameraSimulator
    public let documentCamera: CameraSimulator
    public let powerSupply: NetworkUPSServer
    private let state = Mutex(State())
    private let decoder: String

    private struct State {
        var cardReader: VirtualSmartCardReader?
        var missing: [Missing] = []
    }

    /// - Parameters:
    ///   - directory: where the printer keeps its spool and what it printed
    ///   - decoder: path of the decoder for synthetic photos, which need not exist
    init(directory: URL, decoder: String) throws {
        self.decoder = decoder
        reader = try SDTReaderSimulator()
        printer = try IPPPrinterSimulator(directory: directory)
        receiptPrinter = try ReceiptPrinterSimulator()
        codeScanner = try CodeScannerSimulator()
        locker = try LockerSimulator()
        keypad = try KeypadSimulator()
        board = try GPIOBoardSimulator()
        faceCamera = try CameraSimulator()
        documentCamera = try CameraSimulator(modes: [.init(width: 1280, height: 720), .init(width: 2592, height: 1944)], rate: 15)
        documentCamera.show(.sheet(SyntheticSheet(.form), turn: 3))
        documentCamera.move(true)
        powerSupply = try NetworkUPSServer()
    }

    /// By their names in kioskd's configuration.
    public var cameras: [String: CameraSimulator] { ["face-camera": faceCamera, Self.documentCameraName: documentCamera] }

    static let documentCameraName = "document-camera"

    /// nil when pcscd or its virtual reader isn't there.
    public var cardReader: VirtualSmartCardReader? { state.withLock { $0.cardReader } }

    /// What the kiosk goes without, since ``start()``: components that aren't installed, or may not run here.
    public var missing: [Missing] { state.withLock { $0.missing } }

    /// Plugs everything in. A component that this machine lacks costs its own device; anything else is thrown.
    func start() async throws {
        state.withLock { $0.missing = [] }
        try await reader.start()
        try await scanner.start()
        try await printer.start()
        try receiptPrinter.plug()
        try codeScanner.plug()
        try locker.plug()
        try keypad.plug()
        board.rest()
        try board.plug()
        try faceCamera.plug()
        try documentCamera.plug()
        if !FileManager.default.isExecutableFile(atPath: decoder) {
            miss("photo-decoder", "\(decoder) isn't built; `swift build` brings it")
        }
        do {
            try await powerSupply.plug()
        } catch NetworkUPSServer.Failure.noProgram(let program) {
            miss("ups", "\(program) isn't installed; scripts/install-deps run brings it")
        }
        let cards = Result { try VirtualSmartCardReader() }
        do {
            let reader = try cards.get()
            try await reader.start()
            state.withLock { $0.cardReader = reader }
        } catch {
            await (try? cards.get())?.stop()
            miss("card-reader", "\(error)")
        }
    }

    /// Takes everything away.
    func stop() async {
        let cards = state.withLock { $0.cardReader.take() }
        await cards?.stop()
        await powerSupply.remove()
        documentCamera.stop()
        faceCamera.stop()
        board.remove()
        keypad.remove()
        locker.stop()
        codeScanner.stop()
        receiptPrinter.remove()
        await printer.stop()
        await scanner.stop()
        await reader.stop()
    }

    /// What kioskd's configuration says of those that are there.
    var devices: [KioskConfigurationFile.Device] {
        let all: [KioskConfigurationFile.Device] = [
            .init(name: "reader", class: "idCardReader", options: ["port": reader.devicePath, "baud": "115200"]),
            .init(
                name: "scanner", class: "scanner", options: ["device": scanner.saneDeviceName],
                environment: ["SANE_CONFIG_DIR": scanner.saneConfigDirectory.path]),
            .init(name: "printer", class: "printer", options: ["uri": printer.uri]),
            .init(name: "receipt-printer", class: "receiptPrinter", options: ["port": receiptPrinter.devicePath]),
            .init(name: "code-scanner", class: "codeScanner", options: ["port": codeScanner.devicePath]),
            .init(name: "locker", class: "locker", options: ["port": locker.devicePath, "polarity": "open-is-0"]),
            .init(name: "keypad", class: "keypad", options: ["device": keypad.path]),
            .init(name: "board", class: "auxiliaries", options: board.driverOptions),
            .init(name: "face-camera", class: "camera", options: ["source": faceCamera.socketPath]),
            .init(name: Self.documentCameraName, class: "camera", options: ["source": documentCamera.socketPath]),
            .init(name: "ups", class: "powerSupply", options: ["ups": powerSupply.address]),
            .init(
                name: "card-reader", class: "smartCardReader",
                options: cardReader.map { ["socket": $0.socketPath, "reader": VirtualSmartCardReader.name] } ?? [:]),
            .init(name: "photo-decoder", class: "photoDecoder", options: ["decoder": decoder]),
            .init(name: "imaging", class: "imaging"),
        ]
        let absent = Set(missing.map(\.device))
        return all.filter { !absent.contains($0.name) }
    }

    private func miss(_ device: String, _ reason: String) {
        state.withLock { $0.missing.append(Missing(device: device, reason: reason)) }
    }
}
