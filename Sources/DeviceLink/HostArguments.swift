public import KioskModel

/// The command line of a device host. Parsed by hand: a host links as little as it can.
public struct HostArguments: Sendable, Equatable {
    public var name: String
    public var deviceClass: DeviceClass
    public var socketPath: String
    public var options: [String: String]
    /// Between two polls of an idle device. Only a debug build can be told another: a contract needn't wait as long as a kiosk may.
    public var pollInterval = HostMain.pollInterval

    public enum Parsed: Sendable, Equatable {
        case run(HostArguments)
        case help
        /// What is wrong, in one sentence.
        case wrong(String)
    }

    public static let usage = "usage: kiosk-device NAME --class CLASS --socket PATH [--option KEY=VALUE]..."

    public static let help = """
        \(usage)

        Runs one device of the kiosk: connects to kioskd's socket and carries out its commands until kioskd goes.

          NAME              instance name, as in kioskd's configuration: reader
          --class CLASS     \(DeviceClass.allCases.map(\.rawValue).joined(separator: ", "))
          --socket PATH     kioskd's device socket
          --option KEY=VALUE
                            for the driver, may be given several times:
                            idCardReader: usb=0400:c35a, or port=/dev/ttyS0, whose speed is found without baud=
                            camera: serial=, path=, card= or device=/dev/video0 where there are several, largest=1920x1080, settle=8
                            scanner: device=SANE-NAME option.SANE-OPTION=VALUE
                            printer: uri=ipp://ADDRESS/ipp/print, or queue=NAME server=/run/cups/cups.sock; patience=SECONDS
                            receiptPrinter: device=/dev/usb/lp0, usb=0fe6:811e, or port=/dev/ttyS0 baud=115200;
                              width=384|576 cutter=yes|no status=yes|no
                            codeScanner: usb=0c2e:0b61 serial=…, or hidraw=/dev/hidraw0, or port=/dev/ttyS0 baud=9600
                            locker: port=/dev/ttyS1 polarity=open-is-1|open-is-0 baud=9600 boards=1 doors-per-board=24
                            auxiliaries: chip=gpiochip0 out.NAME=PIN in.SENSOR=PIN[:low] debounce=MS; the sensors are
                              person, cabinet, call, card, paper
                            keypad: usb=062a:4101 and name=NAME, or device=/dev/input/eventN
                            powerSupply: ups=kiosk@127.0.0.1:3493
                            smartCardReader: nothing, or reader=PART-OF-NAME; socket=PATH for another pcscd
                            photoDecoder: decoder=/opt/vendor/decode-photo
          --help            prints this

        Exit codes:
          0   kioskd closed the link
          64  the command line is wrong
          69  kioskd's socket can't be reached
          71  the system refused a thread, or the confinement of the process
          75  the watchdog ended the process: a command overran its deadline, or a poll of the device ten seconds
          76  kioskd broke the protocol of the link
        """

    /// `arguments` without the program's name.
    public static func parse(_ arguments: [String]) -> Parsed {
        var name: String?
        var deviceClass: DeviceClass?
        var socketPath: String?
        var options: [String: String] = [:]
        var pollInterval = HostMain.pollInterval
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h":
                return .help
            case "--class", "--socket", "--option":
                guard let value = rest.popFirst() else { return .wrong("\(argument) lacks its value") }
                switch argument {
                case "--class":
                    guard let known = DeviceClass(rawValue: value) else { return .wrong("there is no device class `\(value)`") }
                    deviceClass = known
                case "--socket":
                    socketPath = value
                default:
                    guard let sign = value.firstIndex(of: "="), sign > value.startIndex else { return .wrong("`\(value)` isn't KEY=VALUE") }
                    let key = String(value[..<sign])
                    guard options.updateValue(String(value[value.index(after: sign)...]), forKey: key) == nil else {
                        return .wrong("the option `\(key)` is given twice")
                    }
                }
            #if DEBUG
                case "--poll-interval":
                    guard let value = rest.popFirst(), let milliseconds = Int(value), (1...60_000).contains(milliseconds) else {
                        return .wrong("--poll-interval is to be 1 to 60000 milliseconds")
                    }
                    pollInterval = .milliseconds(milliseconds)
            #endif
            default:
                guard !argument.hasPrefix("-") else { return .wrong("there is no `\(argument)`") }
                guard name == nil else { return .wrong("`\(argument)` is one name too many") }
                name = argument
            }
        }
        guard let name else { return .wrong("the device's name is missing") }
        guard let deviceClass else { return .wrong("--class is missing") }
        guard let socketPath else { return .wrong("--socket is missing") }
        var arguments = HostArguments(name: name, deviceClass: deviceClass, socketPath: socketPath, options: options)
        arguments.pollInterval = pollInterval
        return .run(arguments)
    }

    public init(name: String, deviceClass: DeviceClass, socketPath: String, options: [String: String]) {
        self.name = name
        self.deviceClass = deviceClass
        self.socketPath = socketPath
        self.options = options
    }
}
