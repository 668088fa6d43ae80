import Synchronization

/// The part of ``BenchState`` that tells of the devices beside reader, scanner and printer.
struct BenchHardwareState: Encodable {
    struct ReceiptPrinter: Encodable {
        var paper: Bool
        var coverOpen: Bool
        var jammed: Bool
        var receipts: [String]
    }

    struct CardReader: Encodable {
        var card: String?
        /// Who has a social-security card.
        var holders: [String]
    }

    /// What lights and sounds, and what the sensors say.
    struct Board: Encodable {
        var outputs: [String: Bool]
        var sensors: [String: Bool]
    }

    var receiptPrinter: ReceiptPrinter
    var openDoors: [Int]
    var board: Board
    var cameras: [String: String]
    var power: String
    var cardReader: CardReader
    /// What this kiosk goes without.
    var missing: [VirtualHardware.Missing]
}

extension VirtualHardware {
    func state(power: BenchAction.PowerSupply.Power, card: String?) -> BenchHardwareState {
        BenchHardwareState(
            receiptPrinter: receiptPrinter.look { core in
                .init(
                    paper: core.hasPaper, coverOpen: core.troubles.contains(.coverOpen), jammed: core.isJammed,
                    // Feeding alone prints nothing.
                    receipts: core.receipts.indices.filter { core.receipts[$0].height > 0 }.map { "/api/receipts/\($0)" })
            },
            openDoors: locker.openDoors.sorted(),
            board: .init(
                outputs: GPIOBoardSimulator.outputs.mapValues { board.level($0) },
                sensors: Dictionary(uniqueKeysWithValues: GPIOBoardSimulator.sensors.map { ($0, board.isActive($0)) })),
            cameras: cameras.mapValues { $0.scene.name },
            power: power.rawValue,
            cardReader: .init(card: card, holders: SyntheticCitizen.all.filter { VirtualSocialSecurityCard($0) != nil }.map(\.id)),
            missing: missing)
    }
}

extension CameraSimulator {
    fileprivate var scene: CameraScene { state.withLock { $0.scene } }
}

extension CameraScene {
    fileprivate var name: String {
        switch self {
        case .plain: "plain"
        case .page, .sheet: "page"
        case .code, .bytes: "code"
        case .dark: "dark"
        case .backlit: "backlit"
        }
    }
}

extension ReceiptPrinterCore.Receipt {
    /// A picture as a browser shows it: a Windows bitmap of one bit a pixel, the lowest row first, rows of whole 32 bits; ink is 1.
    var bitmap: [UInt8] {
        let stride = (rowBytes + 3) / 4 * 4
        let size = stride * height
        func number(_ value: Int, _ count: Int = 4) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        // BITMAPFILEHEADER, BITMAPINFOHEADER, and the two colours: paper and ink.
        var bytes = Array("BM".utf8) + number(62 + size) + number(0) + number(62)
        bytes += number(40) + number(rowBytes * 8) + number(height) + number(1, 2) + number(1, 2) + number(0) + number(size)
        bytes += number(8000) + number(8000) + number(2) + number(2) + [255, 255, 255, 0, 0, 0, 0, 0]
        for row in (0..<height).reversed() {
            bytes += pixels[row * rowBytes..<(row + 1) * rowBytes] + [UInt8](repeating: 0, count: stride - rowBytes)
        }
        return bytes
    }
}
