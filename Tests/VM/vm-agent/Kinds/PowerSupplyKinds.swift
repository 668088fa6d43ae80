extension DeviceKind {
    /// Power supplies behind Network UPS Tools, which this machine must have.
    static let powerSupplies: [DeviceKind] = [
        DeviceKind(name: "nut") { options, _ in try PowerSupplyDevice(options: options) }
    ]
}
