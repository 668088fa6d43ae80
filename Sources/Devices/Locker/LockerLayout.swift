internal import KioskModel

/// Where a locker's boards are and how their doors are numbered, as the configuration says.
struct LockerLayout: Equatable {
    /// The tty.
    var port: String
    var baud: Int32 = 9600
    /// Boards with the addresses 1…boards.
    var boards = 1
    /// Doors are numbered through: 1…doorsPerBoard on board 1, and so on.
    var doorsPerBoard = 24
    /// Whether a set bit is an open door or a closed one: that differs by cabinet.
    var openIsOne: Bool

    /// Doors that kioskd takes from one locker.
    static let maxDoors = 192
    /// Addresses that a board's switches give, and bits of its answer.
    static let maxBoards = 32
    static let maxDoorsPerBoard = 32
    private static let known = ["port", "baud", "boards", "doors-per-board", "polarity"]

    var doorCount: Int { boards * doorsPerBoard }

    /// The board and the lock on it, both from 1, of a door; nil for a door that isn't there.
    func place(of door: Int) -> (board: UInt8, lock: UInt8)? {
        guard (1...doorCount).contains(door) else { return nil }
        return (UInt8((door - 1) / doorsPerBoard + 1), UInt8((door - 1) % doorsPerBoard + 1))
    }

    /// Whether that lock is open in a board's answer. `lock` from 1.
    func isOpen(_ lock: Int, in states: UInt32) -> Bool { (states >> UInt32(lock - 1) & 1 == 1) == openIsOne }
}

extension LockerLayout {
    /// - Throws: `locker.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        func refuse(_ text: String) -> DeviceFault { LockerFailure.configuration(text).fault }
        func number(_ key: String, _ usual: Int, _ range: ClosedRange<Int>) throws(DeviceFault) -> Int {
            guard let text = options[key] else { return usual }
            guard let value = Int(text), range.contains(value) else {
                throw refuse("\(key)= needs a number from \(range.lowerBound) to \(range.upperBound): \(key)=\(usual)")
            }
            return value
        }
        if let unknown = options.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw refuse("there is no option \(unknown)=; a locker has \(Self.known.joined(separator: "=, "))=")
        }
        guard let port = options["port"], !port.isEmpty else { throw refuse("the locker needs port=, the tty its boards are on: port=/dev/ttyS1") }
        // A wrong guess would show every door as its opposite.
        let polarities = ["open-is-1": true, "open-is-0": false]
        guard let openIsOne = options["polarity"].flatMap({ polarities[$0] }) else {
            throw refuse("the locker needs polarity=open-is-1 or polarity=open-is-0, whichever shows no open door while all are closed")
        }
        self.port = port
        self.openIsOne = openIsOne
        guard let baud = Int32(options["baud"] ?? "9600") else { throw refuse("baud= needs a number: baud=9600") }
        self.baud = baud
        boards = try number("boards", 1, 1...Self.maxBoards)
        doorsPerBoard = try number("doors-per-board", 24, 1...Self.maxDoorsPerBoard)
        guard doorCount <= Self.maxDoors else {
            throw refuse("boards= times doors-per-board= is \(doorCount); a locker has at most \(Self.maxDoors) doors")
        }
    }
}
