extension BenchAction {
    /// `POST /api/receipt-printer`
    public struct ReceiptPrinter: Sendable, Codable {
        public enum Action: String, Sendable, Codable { case takePaper, putPaper, openCover, closeCover, jam, free, take }

        public var action: Action
    }

    /// `POST /api/code-scanner`
    public struct CodeScanner: Sendable, Codable {
        /// What passes before it: up to 512 characters of printable ASCII.
        public var code: String
    }

    /// `POST /api/locker`
    public struct Locker: Sendable, Codable {
        public var door: Int
        public var open: Bool
    }

    /// `POST /api/keypad`
    public struct Keypad: Sendable, Codable {
        /// `0` to `9`, `enter`
        public var key: String
    }

    /// `POST /api/board`
    public struct Board: Sendable, Codable {
        public var sensor: String
        public var active: Bool
    }

    /// `POST /api/cameras`
    public struct Cameras: Sendable, Codable {
        public enum Scene: String, Sendable, Codable { case plain, page, code, dark, backlit }

        public var name: String
        public var scene: Scene
        /// Whose page.
        public var citizen: String?
        /// What the code says.
        public var code: String?
    }

    /// `POST /api/ups`
    public struct PowerSupply: Sendable, Codable {
        public enum Power: String, Sendable, Codable { case mains, battery, low }

        public var power: Power
    }

    /// `POST /api/card-reader`
    public struct CardReader: Sendable, Codable {
        /// Whose social-security card is put in; nil pulls it.
        public var citizen: String?
    }
}

extension VirtualKiosk {
    public func act(_ order: BenchAction.ReceiptPrinter) {
        let printer = hardware.receiptPrinter
        switch order.action {
        case .takePaper: printer.handle { $0.paper = 0 }
        case .putPaper: printer.handle { $0.paper = nil }
        case .openCover: printer.handle { $0.set(.coverOpen, true) }
        case .closeCover: printer.handle { $0.set(.coverOpen, false) }
        case .jam: printer.jam()
        case .free: printer.free()
        case .take: printer.handle { $0.takeAway() }
        }
    }

    public func act(_ order: BenchAction.CodeScanner) throws {
        guard (1...512).contains(order.code.utf8.count), order.code.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw BenchAction.Refused(description: "a code has 1 to 512 printable ASCII characters")
        }
        hardware.codeScanner.scan(order.code)
    }

    public func act(_ order: BenchAction.Locker) throws {
        guard (1...24).contains(order.door) else { throw BenchAction.Refused(description: "doors are 1 to 24") }
        hardware.locker.turn(order.door, open: order.open)
    }

    public func act(_ order: BenchAction.Keypad) throws {
        guard let code = KeypadSimulator.codes[order.key] else { throw BenchAction.Refused(description: "keys are 0 to 9 and enter") }
        hardware.keypad.press(code)
    }

    public func act(_ order: BenchAction.Board) throws {
        guard hardware.board.sense(order.sensor, isActive: order.active) else { throw BenchAction.Refused(description: "no such sensor") }
    }

    public func act(_ order: BenchAction.Cameras) throws {
        guard let camera = hardware.cameras[order.name] else { throw BenchAction.Refused(description: "no such camera") }
        let scene: CameraScene =
            switch order.scene {
            case .plain: .plain
            case .dark: .dark
            case .backlit: .backlit
            case .page: .page(try citizen(order.citizen))
            case .code: .code(order.code ?? "")
            }
        camera.show(scene)
    }

    /// A battery that holds long enough for a citizen, or that is about to end.
    public func act(_ order: BenchAction.PowerSupply) async throws {
        let values =
            switch order.power {
            case .mains: ["ups.status": "OL CHRG", "battery.charge": "100", "battery.runtime": "1800"]
            case .battery: ["ups.status": "OB DISCHRG", "battery.charge": "80", "battery.runtime": "1200"]
            case .low: ["ups.status": "OB DISCHRG LB", "battery.charge": "8", "battery.runtime": "60"]
            }
        try await hardware.powerSupply.set(values)
        power = order.power
    }

    public func act(_ order: BenchAction.CardReader) async throws {
        guard let reader = hardware.cardReader else { throw BenchAction.Refused(description: "there is no card reader") }
        guard let id = order.citizen else {
            await reader.pull()
            insertedCard = nil
            return
        }
        guard let card = VirtualSocialSecurityCard(try citizen(id)) else {
            throw BenchAction.Refused(description: "this citizen has no social-security card")
        }
        try await reader.insert(card)
        insertedCard = id
    }
}
