import KioskModel

@testable import KioskFlow

/// Synthetic: area code 999999 is assigned to nobody.
let citizen = IdentityCard(
    kind: .resident, name: "测试员", number: .citizen(IDNumber.completing("99999919500101001")!), sex: .male, ethnicGroupCode: "01",
    birth: CivilDate(year: 1950, month: 1, day: 1)!, address: "虚拟市样例路1号", issuer: "虚拟市公安局",
    validity: .init(from: CivilDate(year: 2020, month: 1, day: 1)!, until: nil))

let today = CivilDate(year: 2026, month: 11, day: 21)!

let item = ServiceItem(
    code: "11420100MB00000011100000000000001", name: LocalizedText(["zh-Hans": "居住证办理", "en": "Residence permit"]),
    department: LocalizedText(["zh-Hans": "公安局", "en": "Public security"]), authentication: .card,
    materials: [
        MaterialRequirement(id: "proof", name: LocalizedText(["zh-Hans": "居住证明", "en": "Proof"]), maxPages: 3),
        MaterialRequirement(id: "extra", name: LocalizedText(["zh-Hans": "补充", "en": "Extra"]), required: false, maxPages: 1),
    ])

let guardedItem = ServiceItem(
    code: "11420100MB00000011100000000000002", name: LocalizedText(["zh-Hans": "受限事项"]), department: LocalizedText(["zh-Hans": "公安局"]),
    authentication: .cardAndSecondFactor, materials: item.materials)

let surroundings = Surroundings(ready: Set(DeviceClass.allCases), platformReachable: true, items: [item, guardedItem])

/// Drives a flow and keeps what it asked for.
struct Driver {
    var flow = Flow(surroundings: surroundings)
    var effects: [Effect] = []

    @discardableResult
    mutating func send(_ event: Event) -> [Effect] {
        let new = flow.handle(event)
        effects += new
        return new
    }

    @discardableResult
    mutating func touch(_ kind: Touch.Kind, _ value: String? = nil) -> [Effect] {
        send(.touch(Touch(kind, value)))
    }

    /// The pending effect of that kind; there must be one.
    func id(_ kind: Flow.PendingEffect) -> EffectID {
        flow.pending.first { $0.value == kind }!.key
    }

    mutating func timeOut() -> [Effect] {
        send(.timer(flow.timerGeneration))
    }

    // Shortcuts through the journey.

    mutating func toLayCard() {
        touch(.start)
        touch(.chooseJourney, "upload")
    }

    mutating func toIdentity() {
        toLayCard()
        send(.cardFound(id(.readCard)))
        send(.cardRead(id(.readCard), citizen, today: today))
    }

    mutating func toChecklist() {
        toIdentity()
        touch(.confirm)
        send(.cardRemoved(id(.awaitCardRemoval)))
        touch(.chooseItem, item.code)
    }

    mutating func toScanning() {
        toChecklist()
        touch(.chooseMaterial, "proof")
        touch(.scan)
    }

    mutating func toPreview() {
        toScanning()
        send(.pageScanned(id(.scan), PageID("p1")))
        send(.pageScanned(id(.scan), PageID("p2")))
        send(.scanEnded(id(.scan)))
    }

    mutating func toReview() {
        toPreview()
        touch(.finishMaterial)
        touch(.submit)
    }

    mutating func toReceipt() {
        toReview()
        touch(.confirm)
        send(.committed(id(.commit), receipt))
    }
}

let receipt = Receipt(reference: "kiosk-1-20261121-0000101", time: "2026-11-21 02:00", item: item.name, pageCount: 2)
