/// What is wrong with a scanned page; the citizen may keep it all the same, unless it is unreadable.
/// The raw value names the advice in Kiosk/strings (`flaw.<raw>`).
public enum PageFlaw: String, Sendable, Codable, CaseIterable {
    /// Nothing stands on it.
    case empty
    case blurred
    /// It lies crooked.
    case skewed
    /// What stands on it runs over an edge, or the end of the picture is missing.
    case cutOff
    case tooDark
    case tooBright
    /// Its picture can't be opened, so that no document can be made of it.
    case unreadable
}
