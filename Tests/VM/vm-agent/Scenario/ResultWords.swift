import Bench
import DeviceLink
import KioskModel

extension DeviceResult {
    /// As a scenario writes it behind `->`, without personal values: a synthetic citizen's id stands for who it is.
    var inWords: String {
        switch self {
        case .done: "done"
        case .card(let card): "card \(SyntheticCitizen.owner(of: card)?.id ?? "of-nobody-known")"
        case .picture(let frame): "picture \(frame.width)x\(frame.height)"
        case .scanned(let pages): "scanned \(pages)"
        case .printed(let sheets): "printed \(sheets)"
        case .code(let code): "code \(([code.symbology, code.text?.reveal ?? "not-text"]).filter { !$0.isEmpty }.joined(separator: " "))"
        case .doors(let doors):
            doors.contains(where: \.isOpen) ? "doors \(doors.filter(\.isOpen).map { "\($0.number)" }.joined(separator: ",")) open" : "doors closed"
        case .socialSecurityCard(let card): "card \(SyntheticCitizen.all.first { $0.number == card.number.reveal }?.id ?? "of-nobody-known")"
        case .document(let info): "document \(info.mediaType) \(info.pageCount)"
        case .raster(let image): "raster \(image.width)"
        case .page(let page): "page \(page.width)x\(page.height)"
        case .quality(let quality): quality.flaws.isEmpty ? "good" : quality.flaws.map(\.rawValue).joined(separator: " ")
        }
    }
}

extension DeviceProgress {
    /// As `expect HOST progress` compares it; nil for progress that comes in no certain number.
    var inWords: String? {
        switch self {
        case .cardFound: "cardFound"
        // Synthetic, like everything that is typed in a scenario.
        case .key(let press): press.key.reveal.rawValue.replacing("digit", with: "")
        case .frame, .page, .printing, .fraction: nil
        }
    }
}

extension SyntheticCitizen {
    /// The citizen whose name and number stand on the card.
    fileprivate static func owner(of card: IdentityCard) -> SyntheticCitizen? {
        all.first { $0.name == card.name.reveal && $0.number == card.number.reveal.value }
    }
}

extension Completion {
    var succeeded: Bool {
        if case .success = self { true } else { false }
    }

    /// For a result line, without personal values.
    var inWords: String {
        switch self {
        case .success(let result): result.inWords
        case .remedy(let remedy): "remedy \(remedy.rawValue)"
        case .fault(let fault): "fault \(fault.code) (\(fault.detail))"
        case .cancelled: "cancelled"
        }
    }
}

extension Scenario.Outcome {
    /// Nil when the completion is what was wanted, else what it is.
    func contradiction(_ completion: Completion) -> String? {
        switch (self, completion) {
        case (.success(let wanted), .success(let result)) where wanted == result.inWords: nil
        case (.remedy(let wanted), .remedy(let remedy)) where remedy == wanted: nil
        case (.fault(let code), .fault(let fault)) where fault.code == code: nil
        default: completion.inWords
        }
    }
}
