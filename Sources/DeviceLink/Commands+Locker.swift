/// One door of a locker.
public struct LockerDoor: Sendable, Codable, Hashable {
    /// As printed on the door, from 1.
    public var number: Int
    public var isOpen: Bool

    public init(number: Int, isOpen: Bool) {
        self.number = number
        self.isOpen = isOpen
    }
}
