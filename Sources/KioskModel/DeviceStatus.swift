public enum DeviceClass: String, Sendable, Codable, CaseIterable {
    case idCardReader, camera, scanner, printer, receiptPrinter, codeScanner, locker
    /// Signal lights, buzzer, sensors, cabinet door and operator call.
    case auxiliaries
    /// The numeric keypad (EN 301 549: whoever can't use the screen).
    case keypad
    /// The uninterruptible power supply.
    case powerSupply
    /// Contact cards by PC/SC: the social-security card.
    case smartCardReader
    /// Worker without a device: image decoding, page quality, PDF assembly, receipts.
    case imaging
    /// Worker without a device: a vendor's decoder for the photo on an ID card.
    case photoDecoder
}

public enum DeviceState: String, Sendable, Codable, CaseIterable {
    case starting, ready, busy, needsCitizen, needsTechnician, offline, absent
}

/// What a host says of its device, unasked, whenever it changes.
public struct DeviceStatus: Sendable, Codable, Hashable {
    public var state: DeviceState
    /// In the identity of what has a device node open, or will have: its path. And where that is plugged in, as `1-2.4`, if it is on USB.
    public static let node = "node", usb = "usb"
    /// In the identity of a scanner that takes both sides of a sheet at once.
    public static let sides = "sides", bothSides = "both"

    /// Set when `state` is `needsTechnician`, `offline` or `absent`.
    public var fault: DeviceFault?
    /// Model, firmware, serial number as the device gives them: `sam: 05.01-…`.
    public var identity: [String: String]
    /// What is worth knowing beside the state: a ready printer may be low on paper. In the order of ``DeviceCondition``, each once.
    public var conditions: [DeviceCondition]

    public init(state: DeviceState, fault: DeviceFault? = nil, identity: [String: String] = [:], conditions: some Sequence<DeviceCondition> = []) {
        self.state = state
        self.fault = fault
        self.identity = identity
        self.conditions = Set(conditions).sorted()
    }
}

/// Something about a device that doesn't keep it from serving.
public struct DeviceCondition: Sendable, Codable, Hashable, Comparable, CustomStringConvertible {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A card lies on the reader or sticks in its slot, and nothing asks for it: somebody forgot it.
        case cardLeft
        /// A card lies in the proximity of the sensor beside the reader.
        case cardPresent
        /// Paper or toner will run out soon.
        case paperLow, tonerLow
        /// The output tray is full: the citizen hasn't taken what was printed.
        case outputFull
        /// What was printed still sticks in the mouth of the printer.
        case paperInMouth
        /// The door with the number `value` stands open, from 1.
        case doorOpen
        /// The kiosk's own cabinet is open: a technician, or a burglar.
        case cabinetOpen
        /// The call button is pressed.
        case operatorCalled
        /// Somebody stands in front of the kiosk.
        case personPresent
        /// The mains have failed; `value` is the charge that is left, percent.
        case onBattery
        /// The time the battery will last, `value` seconds.
        case batteryRuntime
        /// The battery is about to end: stop in order, now.
        case batteryLow
        /// The battery fails its own test.
        case batteryWorn
        /// The camera sees too little light, or light from behind.
        case dark, backlit
    }

    public var kind: Kind
    /// What it counts, as the kind says; nil for a kind that counts nothing.
    public var value: Int?

    public init(_ kind: Kind, _ value: Int? = nil) {
        self.kind = kind
        self.value = value
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.kind.position, left.value ?? -1) < (right.kind.position, right.value ?? -1)
    }

    /// `paperLow`, `doorOpen 3`
    public var description: String { value.map { "\(kind.rawValue) \($0)" } ?? kind.rawValue }
}

extension DeviceCondition.Kind {
    fileprivate var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
