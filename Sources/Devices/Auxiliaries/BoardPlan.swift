internal import AuxiliariesShim
internal import KioskModel

/// What hangs on which pin, as the configuration says.
struct BoardPlan: Equatable {
    struct Pin: Equatable {
        /// The chip's number for it.
        var offset: UInt32
        /// It is active when the level is low.
        var isLow = false
    }

    /// The chip's label, name or path; or a socket.
    var chip: String
    /// By name, in the order of the names: `buzzer`, `reader-light`.
    var outputs: [(name: String, pin: Pin)] = []
    var inputs: [(sensor: DeviceCondition.Kind, pin: Pin)] = []
    /// How long a sensor must rest before it is believed.
    var debounce: Duration = .milliseconds(50)

    /// What the sensors are called in the configuration. The one table of them.
    static let sensors: [String: DeviceCondition.Kind] = [
        "person": .personPresent, "cabinet": .cabinetOpen, "call": .operatorCalled, "card": .cardPresent, "paper": .paperInMouth,
    ]

    /// `chip=`, `out.NAME=OFFSET`, `in.SENSOR=OFFSET`, an offset with `:low` behind it for what is active when low, `debounce=` in milliseconds.
    /// - Throws: `auxiliaries.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        guard let chip = options["chip"], !chip.isEmpty else {
            throw Self.refuse("the auxiliaries need chip=, a label, a name or a path as gpiodetect prints it: chip=gpiochip0")
        }
        self.chip = chip
        for (key, value) in options.sorted(by: { $0.key < $1.key }) where key != "chip" {
            if key == "debounce" {
                guard let milliseconds = Int(value), (1...5000).contains(milliseconds) else {
                    throw Self.refuse("debounce= needs milliseconds from 1 to 5000: debounce=50")
                }
                debounce = .milliseconds(milliseconds)
            } else if key.hasPrefix("out.") {
                outputs.append((try Self.name(key), try Self.pin(key, value)))
            } else if key.hasPrefix("in.") {
                guard let sensor = Self.sensors[String(key.dropFirst(3))] else {
                    throw Self.refuse("there is no sensor \(key)=; sensors are in.\(Self.sensors.keys.sorted().joined(separator: "=, in."))=")
                }
                inputs.append((sensor, try Self.pin(key, value)))
            } else {
                throw Self.refuse("there is no option \(key)=; auxiliaries have chip=, out.NAME=, in.SENSOR= and debounce=")
            }
        }
        let offsets = (outputs.map(\.pin) + inputs.map(\.pin)).map(\.offset)
        guard (1...Int(KIOSK_GPIO_MAX_PINS)).contains(offsets.count) else {
            throw Self.refuse("the auxiliaries need 1 to \(KIOSK_GPIO_MAX_PINS) pins: out.buzzer=4, in.person=5")
        }
        if let twice = offsets.first(where: { offset in offsets.count { $0 == offset } > 1 }) {
            throw Self.refuse("the pin \(twice) is given twice")
        }
    }

    /// Outputs first, then inputs.
    var pins: [kiosk_gpio_pin] {
        outputs.map { kiosk_gpio_pin(offset: $0.pin.offset, is_output: true, is_active_low: $0.pin.isLow) }
            + inputs.map { kiosk_gpio_pin(offset: $0.pin.offset, is_output: false, is_active_low: $0.pin.isLow) }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.chip == right.chip && left.debounce == right.debounce && left.outputs.elementsEqual(right.outputs, by: ==)
            && left.inputs.elementsEqual(right.inputs, by: ==)
    }

    private static func name(_ key: String) throws(DeviceFault) -> String {
        let name = String(key.dropFirst(4))
        guard (1...32).contains(name.utf8.count), name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else {
            throw refuse("an output's name is of small letters, digits and -: out.reader-light=3")
        }
        return name
    }

    private static func pin(_ key: String, _ value: String) throws(DeviceFault) -> Pin {
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let offset = UInt32(parts[0]), parts.count == 1 || parts[1] == "low" else {
            throw refuse("\(key)= needs the chip's number of the pin, and :low behind it if that is when it is active: \(key)=6:low")
        }
        return Pin(offset: offset, isLow: parts.count == 2)
    }

    private static func refuse(_ text: String) -> DeviceFault {
        DeviceFault(code: "auxiliaries.configuration", action: .configure, detail: text)
    }
}
