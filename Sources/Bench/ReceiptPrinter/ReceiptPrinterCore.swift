/// The printer's side of ESC/POS without a line: bytes in, answers out. It knows what the driver needs of it: ESC @, ESC d, GS a, GS r 1, GS v 0, GS V
/// and DLE EOT.
///
/// Commands are taken apart as they come, and carried out in their turn when nothing keeps the mechanics from it; only DLE EOT is answered at once.
public struct ReceiptPrinterCore: Sendable {
    /// Where the plug can be pulled.
    public enum Step: String, Sendable, CaseIterable {
        /// At a question for the status.
        case status
        /// In the middle of a band, half of whose pixels have come.
        case band
        /// At the command to cut.
        case cut
    }

    public enum Trouble: String, Sendable, CaseIterable {
        case coverOpen, cutter, mechanical, unrecoverable, overheated
        /// Offline, and nothing says why.
        case offline
    }

    /// What came out, cut off or still hanging in the mouth.
    public struct Receipt: Sendable, Equatable {
        /// Of its rows; the first band says it.
        public var rowBytes = 0
        public var pixels: [UInt8] = []
        /// Lines fed after the last row.
        public var lines = 0
        public var isCut = false

        /// rows
        public var height: Int { rowBytes == 0 ? 0 : pixels.count / rowBytes }
    }

    private enum Operation {
        case rows(rowBytes: Int, [UInt8])
        case feed(Int)
        case cut, reset, fence
    }

    public private(set) var receipts: [Receipt] = []
    /// Rows until the paper ends; nil for a full roll.
    public var paper: Int?
    /// Paper is near its end.
    public var isLow = false
    public private(set) var troubles: Set<Trouble> = []
    /// DLE EOT and GS r aren't answered.
    public var isMute = false
    /// GS r isn't answered: the printer doesn't know it.
    public var knowsFence = true
    /// Bytes that began no command, other than zeros.
    public private(set) var misunderstood = 0
    /// Questions for the status so far.
    public private(set) var questions = 0

    private var input: [UInt8] = []
    private var pending: [Operation] = []
    private var pull: Step?
    /// The step was reached: the plug is out, and nothing is taken or said any more.
    public private(set) var isPulled = false
    /// The paper jams as soon as a band begins.
    private var jamsAtBand = false
    /// It has: nothing is to be taken from the line until ``free()``.
    public private(set) var isJammed = false
    /// A cut that fails at the cutter.
    private var cutterIsBlocked = false

    public init() {}

    public var hasPaper: Bool { paper.map { $0 > 0 } ?? true }

    /// The cutter's trouble is met when it is to cut, every other at once.
    public mutating func set(_ trouble: Trouble, _ isThere: Bool) {
        if trouble == .cutter { cutterIsBlocked = isThere }
        if !isThere { troubles.remove(trouble) } else if trouble != .cutter { troubles.insert(trouble) }
    }

    /// What hangs in the mouth is torn off, and what was printed taken away.
    public mutating func takeAway() {
        receipts = []
    }

    /// The paper jams in the middle of the next receipt.
    public mutating func jam() {
        jamsAtBand = true
    }

    public mutating func free() {
        jamsAtBand = false
        isJammed = false
    }

    public mutating func armPull(at step: Step) {
        pull = step
    }

    /// Power off and on: the paper and the mechanics stay as they are.
    public mutating func restart() {
        input = []
        pending = []
        pull = nil
        isPulled = false
    }

    /// Takes any piece of what the driver sends and returns what the printer says upon it.
    public mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
        guard !isPulled else { return [] }
        input += bytes
        var answers: [UInt8] = []
        while let length = takeCommand(&answers) { input.removeFirst(length) }
        return isPulled ? [] : answers + work()
    }

    /// Carries out what waits, as far as it can: after paper was loaded, or a cover shut. Returns what the printer says then.
    public mutating func work() -> [UInt8] {
        var answers: [UInt8] = []
        while let next = pending.first, troubles.isEmpty, hasPaper {
            pending.removeFirst()
            answers += carryOut(next)
        }
        return answers
    }

    // MARK: Taking commands apart

    /// The length of the command that `input` begins with, once it was taken; nil when more is needed.
    private mutating func takeCommand(_ answers: inout [UInt8]) -> Int? {
        guard let first = input.first else { return nil }
        func byte(_ index: Int) -> UInt8? { index < input.count ? input[index] : nil }
        switch (first, byte(1)) {
        case (0x00, _): return 1
        case (0x10, nil), (0x1B, nil), (0x1D, nil): return nil
        case (0x10, 0x04?):
            guard let n = byte(2) else { return nil }
            questions += 1
            if reach(.status) { return nil }
            if !isMute, let answer = status(n) { answers.append(answer) }
            return 3
        case (0x1B, 0x40?):
            pending.append(.reset)
            return 2
        case (0x1B, 0x64?):
            guard let lines = byte(2) else { return nil }
            pending.append(.feed(Int(lines)))
            return 3
        case (0x1D, 0x61?): return byte(2) == nil ? nil : 3
        case (0x1D, 0x72?):
            guard byte(2) != nil else { return nil }
            pending.append(.fence)
            return 3
        case (0x1D, 0x56?):
            guard let mode = byte(2) else { return nil }
            let length = mode >= 65 ? 4 : 3
            guard input.count >= length else { return nil }
            if reach(.cut) { return nil }
            pending.append(.cut)
            return length
        case (0x1D, 0x76?):
            guard input.count >= 8 else { return nil }
            isJammed = isJammed || jamsAtBand
            let rowBytes = Int(input[4]) | Int(input[5]) << 8
            let count = rowBytes * (Int(input[6]) | Int(input[7]) << 8)
            if input.count >= 8 + count / 2, count > 0, reach(.band) { return nil }
            guard input.count >= 8 + count else { return nil }
            pending.append(.rows(rowBytes: rowBytes, Array(input[8..<8 + count])))
            return 8 + count
        default:
            misunderstood += 1
            return 1
        }
    }

    private mutating func reach(_ step: Step) -> Bool {
        guard pull == step else { return false }
        isPulled = true
        return true
    }

    private func status(_ n: UInt8) -> UInt8? {
        let isOffline = !troubles.isEmpty || !hasPaper
        var bits: UInt8 = 0x12
        func set(_ bit: UInt8, _ condition: Bool) { if condition { bits |= bit } }
        switch n {
        case 1: set(0x08, isOffline)
        case 2:
            set(0x04, troubles.contains(.coverOpen))
            set(0x20, !hasPaper)
            set(0x40, !troubles.isDisjoint(with: [.cutter, .mechanical, .unrecoverable, .overheated]))
        case 3:
            set(0x04, troubles.contains(.mechanical))
            set(0x08, troubles.contains(.cutter))
            set(0x20, troubles.contains(.unrecoverable))
            set(0x40, troubles.contains(.overheated))
        case 4:
            set(0x0C, isLow || !hasPaper)
            set(0x60, !hasPaper)
        default: return nil
        }
        return bits
    }

    // MARK: The mechanics

    private mutating func carryOut(_ operation: Operation) -> [UInt8] {
        switch operation {
        case .reset: break
        case .fence: return isMute || !knowsFence ? [] : [isLow ? 0x03 : 0x00]
        case .feed(let lines):
            begin()
            receipts[receipts.count - 1].lines += lines
        case .cut:
            guard !cutterIsBlocked else {
                troubles.insert(.cutter)
                pending.insert(.cut, at: 0)
                return []
            }
            guard receipts.last?.isCut == false else { return [] }
            receipts[receipts.count - 1].isCut = true
        case .rows(let rowBytes, let pixels):
            begin()
            if receipts[receipts.count - 1].height == 0 { receipts[receipts.count - 1].rowBytes = rowBytes }
            let rows = pixels.count / max(rowBytes, 1)
            let printed = min(rows, paper ?? rows)
            receipts[receipts.count - 1].pixels += pixels.prefix(printed * rowBytes)
            paper = paper.map { $0 - printed }
            // The rest waits for paper.
            if printed < rows { pending.insert(.rows(rowBytes: rowBytes, Array(pixels.dropFirst(printed * rowBytes))), at: 0) }
        }
        return []
    }

    private mutating func begin() {
        if receipts.last?.isCut != false { receipts = receipts.suffix(99) + [Receipt()] }
    }
}
