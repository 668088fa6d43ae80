import Foundation
import GRDB

/// 办件编号: 43 characters, the item's 31-character code, the day as yyyyMMdd in China's time, and a serial of the item and day.
enum ApplicationNumber {
    /// Raised when a day's 9,999 numbers of an item are used up; the packet stays undecided until the next day.
    struct Exhausted: Error {}

    static func next(itemCode: String, at date: Date, _ db: Database) throws -> String {
        let day = Self.day(of: date)
        let last =
            try Int.fetchOne(
                db,
                sql: """
                    INSERT INTO number_counter (item_code, day, last) VALUES (?, ?, 1)
                    ON CONFLICT (item_code, day) DO UPDATE SET last = last + 1 RETURNING last
                    """, arguments: [itemCode, day]) ?? 0
        guard (1...9999).contains(last) else { throw Exhausted() }
        let serial = String(last)
        return itemCode + day + String(repeating: "0", count: 4 - serial.count) + serial
    }

    /// China has one zone, UTC+8, without summer time.
    static func day(of date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        func pad(_ value: Int?, _ width: Int) -> String {
            let text = String(value ?? 0)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return pad(parts.year, 4) + pad(parts.month, 2) + pad(parts.day, 2)
    }
}
