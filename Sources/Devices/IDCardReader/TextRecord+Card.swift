internal import KioskModel

extension TextRecord {
    /// The record as a card, without photo, fingerprints and appended address.
    ///
    /// Birth is not compared with the number: numbers issued with a wrong date of birth are in lawful use, the card then shows the right one.
    /// - Throws: `CitizenRemedy.cardNotAccepted` for an unknown layout, `.cardDataInvalid` for a wrong check digit, an impossible date or no name.
    func identityCard() throws(CitizenRemedy) -> IdentityCard {
        guard let kind else { throw .cardNotAccepted }
        let card =
            switch kind {
            case .resident: try resident()
            case .hongKongMacaoTaiwan: try hongKongMacaoTaiwan()
            case .foreigner2017: try foreigner2017()
            case .foreigner2023: try foreigner2023()
            }
        guard !card.name.reveal.isEmpty else { throw .cardDataInvalid }
        return card
    }

    private func resident() throws(CitizenRemedy) -> IdentityCard {
        IdentityCard(
            kind: .resident, name: self[0, 30], number: try citizenNumber(), sex: sex(at: 30), ethnicGroupCode: text(32, 4), birth: try date(36),
            address: text(52, 70), issuer: text(158, 30), validity: try validity())
    }

    private func hongKongMacaoTaiwan() throws(CitizenRemedy) -> IdentityCard {
        IdentityCard(
            kind: .hongKongMacaoTaiwan, name: self[0, 30], number: try citizenNumber(), sex: sex(at: 30), birth: try date(36),
            address: text(52, 70), issuer: text(158, 30), validity: try validity(), permitNumber: text(220, 18), issueCount: text(238, 4))
    }

    private func foreigner2017() throws(CitizenRemedy) -> IdentityCard {
        let number = self[122, 30]
        guard number.utf8.count == 15, number.utf8.prefix(3).allSatisfy({ (0x41...0x5A).contains($0) }),
            number.utf8.dropFirst(3).allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .cardDataInvalid }
        let latin = text(0, 120)
        return IdentityCard(
            kind: .foreigner2017, name: text(158, 30) ?? latin ?? "", latinName: latin, number: .foreigner2017(number), sex: sex(at: 120),
            birth: try date(220), issuer: text(240, 8), validity: try validity(), nationality: text(152, 6))
    }

    private func foreigner2023() throws(CitizenRemedy) -> IdentityCard {
        // A Latin name of more than 35 characters goes on in the tail; a space at the seam is part of it.
        let tail = self[220, 22]
        let latin = tail.isEmpty ? text(52, 70) : latinName(joining: tail)
        return IdentityCard(
            kind: .foreigner2023, name: text(0, 30) ?? latin ?? "", latinName: latin, number: try citizenNumber(), sex: sex(at: 30),
            birth: try date(36), validity: try validity(), issueCount: text(32, 4), nationality: text(242, 6), previousNumberLink: text(250, 6))
    }

    private func latinName(joining tail: String) -> String {
        let head = self[52, 70]
        let endsInSpace = self[120, 2].isEmpty && !head.isEmpty
        let startsWithSpace = self[220, 2].isEmpty
        return head + (endsInSpace || startsWithSpace ? " " : "") + tail
    }

    private func text(_ offset: Int, _ length: Int) -> String? {
        let value = self[offset, length]
        return value.isEmpty ? nil : value
    }

    /// GB/T 2261.1. Blank or anything else is 0, unknown: guessing one of the sexes is a known bug of other drivers.
    private func sex(at offset: Int) -> IdentityCard.Sex {
        Int(self[offset, 2]).flatMap(IdentityCard.Sex.init) ?? .unknown
    }

    private func citizenNumber() throws(CitizenRemedy) -> IdentityCard.Number {
        guard let number = IDNumber(self[122, 36]) else { throw .cardDataInvalid }
        return .citizen(number)
    }

    private func date(_ offset: Int) throws(CitizenRemedy) -> CivilDate {
        guard let date = CivilDate(compact: self[offset, 16]) else { throw .cardDataInvalid }
        return date
    }

    private func validity() throws(CitizenRemedy) -> IdentityCard.Validity {
        let from = try date(188)
        if self[204, 16] == "长期" { return .init(from: from, until: nil) }
        let until = try date(204)
        guard from <= until else { throw .cardDataInvalid }
        return .init(from: from, until: until)
    }
}
