internal import DeviceLink
internal import ImagingShim
internal import KioskModel

/// From what was measured to what is wrong with the page: the one place of the limits. Each stands where synthetic pages of every kind keep away from
/// it on both sides (Tests/ImagingTests/QualityTests.swift shows by how much).
enum PageJudgement {
    /// Below, characters of a usual size run together.
    static let leastSharpness = 0.7
    /// degrees; a feeder turns a page by 2 without anybody's fault
    static let mostSkew = 3.0
    /// Leptonica's own word for a skew that can be relied upon
    static let leastConfidence = 3.0
    /// Recycled paper has 0.7, and what is darker than this was not lit.
    static let leastBrightness = 0.5
    /// What remains of black print on a picture that was lit too long.
    static let mostInk = 0.6
    /// Such a picture has nothing left of its paper's tone.
    static let brightPaper = 0.975
    /// Parts of the page: a single line of print has 0.0007, a page with traces of the other side's print none.
    static let leastCoverage = 0.00015
    static let leastTraces = 0.002
    /// One cut character may be a stain.
    static let mostCutPieces: Int32 = 2

    static func quality(_ measured: kiosk_quality) -> PageQuality {
        let skew = measured.skew_confidence >= leastConfidence ? measured.skew : 0
        let isDark = measured.brightness < leastBrightness
        let hasTraces = measured.traces >= leastTraces
        let isWashedOut = measured.brightness >= brightPaper && hasTraces && measured.ink > mostInk
        let isEmpty = measured.coverage < leastCoverage && !isWashedOut
        var flaws: [PageQuality.Flaw] = []
        if isDark {
            // In the dark nothing else can be told.
            flaws = [.tooDark]
        } else if isEmpty {
            flaws = [.empty]
        } else {
            if measured.cut_pieces > mostCutPieces || measured.lost_end != 0 { flaws.append(.cutOff) }
            if hasTraces && measured.sharpness < leastSharpness && !isWashedOut { flaws.append(.blurred) }
            if isWashedOut { flaws.append(.tooBright) }
            if abs(skew) > mostSkew { flaws.append(.skewed) }
        }
        return PageQuality(
            flaws: flaws, sharpness: part(measured.sharpness), skew: skew, brightness: part(measured.brightness),
            coverage: part(measured.coverage))
    }

    private static func part(_ value: Double) -> Double { min(max(value, 0), 1) }
}
