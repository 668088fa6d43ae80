public import Foundation

/// IMF-fixdate, the form in which HTTP writes times (RFC 9110, §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
public enum HTTPDate {
    private static let form: Date.FormatString = """
        \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
        \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT
        """
    private static let locale = Locale(identifier: "en_US_POSIX")
    private static let calendar = Calendar(identifier: .gregorian)
    private static let style = Date.VerbatimFormatStyle(format: form, locale: locale, timeZone: .gmt, calendar: calendar)
    private static let strategy = Date.ParseStrategy(format: form, locale: locale, timeZone: .gmt, calendar: calendar, isLenient: false)

    /// Whole seconds; what is beyond them is cut off.
    public static func text(_ date: Date) -> String { date.formatted(style) }

    /// Nil for anything else, the two forms among it that RFC 9110 calls obsolete.
    public static func date(_ text: String) -> Date? {
        text.utf8.count == 29 ? try? Date(text, strategy: strategy) : nil
    }
}
