public import KioskModel

/// One configured device: what its host is started with, and what its hello must say.
public struct DeviceSpec: Sendable, Hashable {
    /// Instance name: `reader`.
    public var name: String
    public var deviceClass: DeviceClass
    /// For the driver: `port=/dev/ttyS0`.
    public var options: [String: String]
    /// For the libraries in the host: `SANE_CONFIG_DIR`.
    public var environment: [String: String]
    /// Between two polls of the idle device, for tests and the debug build of a host: no configuration says it, and no other build takes it.
    public var pollInterval: Duration?

    public init(name: String, deviceClass: DeviceClass, options: [String: String] = [:], environment: [String: String] = [:]) {
        self.name = name
        self.deviceClass = deviceClass
        self.options = options
        self.environment = environment
    }
}
