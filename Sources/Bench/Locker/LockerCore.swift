/// The boards' side of a locker without a line: command bytes in, what is heard on the line out.
public struct LockerCore: Sendable {
    /// Where a driver is in the course of opening a door.
    public enum Step: String, Sendable, CaseIterable {
        /// It asks how the doors are.
        case query
        /// It tells one to open.
        case open
        /// It asks for the first time after that.
        case state
    }

    /// What hangs on the line.
    public struct Cabinet: Sendable {
        /// Addresses 1…boards, with `locks` each.
        public var boards = 1
        public var locks = 24
        /// An open door is a set bit.
        public var openIsOne = false

        public init(boards: Int = 1, locks: Int = 24, openIsOne: Bool = false) {
            self.boards = boards
            self.locks = locks
            self.openIsOne = openIsOne
        }
    }

    private var cabinet: Cabinet
    /// Doors, numbered through as a locker's are.
    public private(set) var openDoors: Set<Int> = []
    /// Doors that don't open when they are told to.
    public var stuckDoors: Set<Int> = []
    /// The adapter hears itself: each command comes back first.
    public var echoes = false
    /// Bytes that are none of a frame's come before each answer.
    public var isNoisy = false
    /// The boards do as they are told, and say nothing until it is over.
    public var isWithholding = false
    /// So many questions are answered before a door that was told to open does, and before the board's word of it.
    public var lateness = 0
    /// How many times a lock was told to open.
    public private(set) var openings = 0
    private var withheld: [UInt8] = []
    private var hasOpened = false
    /// A board, a lock, and the questions until it opens.
    private var late: (command: [UInt8], questions: Int)?
    private var input: [UInt8] = []

    public init(_ cabinet: Cabinet) {
        self.cabinet = cabinet
    }

    public mutating func setPolarity(openIsOne: Bool) {
        cabinet.openIsOne = openIsOne
    }

    /// A hand opens or closes a door. Returns what the board says to that, if it says such things unasked.
    @discardableResult
    public mutating func turn(_ door: Int, open: Bool) -> [UInt8] {
        if open { openDoors.insert(door) } else { openDoors.remove(door) }
        let (board, lock) = ((door - 1) / cabinet.locks + 1, (door - 1) % cabinet.locks + 1)
        return Self.frame(0x81, UInt8(board), UInt8(lock), state(open))
    }

    /// Takes the last answer that was withheld; from now on nothing is.
    public mutating func release() -> [UInt8] {
        isWithholding = false
        defer { withheld = [] }
        return withheld
    }

    /// Power off and on: only the doors and the switches stay as they are.
    public mutating func restart() {
        input = []
        withheld = []
        hasOpened = false
    }

    /// Takes any piece of what a driver sent, and returns what comes back; `at` is told of each step before it is answered, and stops
    /// everything by returning false.
    public mutating func receive(_ bytes: [UInt8], at: (Step) -> Bool) -> [UInt8] {
        input += bytes
        var sent: [UInt8] = []
        while input.count >= 5 {
            let command = Array(input.prefix(5))
            guard command.reduce(0, ^) == 0 else {
                input.removeFirst()
                continue
            }
            input.removeFirst(5)
            guard at(step(of: command)) else { return sent }
            if echoes { sent += command }
            let answer = answer(command)
            if isWithholding {
                withheld = answer
            } else if !answer.isEmpty {
                // The beginning of a frame is among it.
                sent += (isNoisy ? [0x00, 0x80, command[1], 0x8A, 0xFF] : []) + answer
            }
        }
        return sent
    }

    private func step(of command: [UInt8]) -> Step {
        if command[0] == 0x8A { return .open }
        return hasOpened ? .state : .query
    }

    private mutating func answer(_ command: [UInt8]) -> [UInt8] {
        let (board, lock) = (Int(command[1]), Int(command[2]))
        guard (1...cabinet.boards).contains(board), lock <= cabinet.locks else { return [] }
        let door = (board - 1) * cabinet.locks + lock
        switch (command[0], command[3], lock) {
        case (0x8A, 0x11, 1...):
            openings += 1
            hasOpened = true
            if lateness > 0 {
                late = (command, lateness)
                return []
            }
            return turnLock(of: command, door)
        case (0x80, 0x33, 0):
            hasOpened = false
            let told = lateWord()
            var bits: UInt32 = cabinet.openIsOne ? 0 : .max
            for lock in 1...cabinet.locks where openDoors.contains((board - 1) * cabinet.locks + lock) { bits ^= 1 << UInt32(lock - 1) }
            return told + Self.frame(0x80, command[1], UInt8(bits >> 24), UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF), 0x33)
        case (0x80, 0x33, 1...): return Self.frame(0x80, command[1], command[2], state(openDoors.contains(door)))
        default: return []
        }
    }

    private mutating func turnLock(of command: [UInt8], _ door: Int) -> [UInt8] {
        if !stuckDoors.contains(door) { openDoors.insert(door) }
        return Self.frame(0x8A, command[1], command[2], state(openDoors.contains(door)))
    }

    private mutating func lateWord() -> [UInt8] {
        guard let (command, questions) = late else { return [] }
        late = questions > 1 ? (command, questions - 1) : nil
        return questions > 1 ? [] : turnLock(of: command, (Int(command[1]) - 1) * cabinet.locks + Int(command[2]))
    }

    private func state(_ open: Bool) -> UInt8 { open == cabinet.openIsOne ? 0x11 : 0x00 }

    private static func frame(_ bytes: UInt8...) -> [UInt8] { bytes + [bytes.reduce(0, ^)] }
}
