import DeviceLink

extension HostCommand.Family {
    /// `openDoor N`, `queryDoors`
    static let locker = HostCommand.Family(names: ["openDoor", "queryDoors"]) { (name, arguments) throws(DeviceTrouble) in
        guard name == "openDoor" else {
            guard arguments.isEmpty else { throw DeviceTrouble("`queryDoors` takes no words") }
            return HostCommand(.queryDoors)
        }
        guard arguments.count == 1, let door = Int(arguments[0]) else { throw DeviceTrouble("write `openDoor N`, the door's number from 1") }
        return HostCommand(.openDoor(door))
    }
}
