import KioskFlow
import KioskModel
import KioskQueue
import LocalAPI
import Testing

@testable import kioskd

/// What the session is told of the devices: those that serve it, and no others of their class.
@Suite struct SurroundingsTests {
    private let roles: [DeviceClass: String] = [.scanner: "scanner", .camera: "document-camera", .idCardReader: "reader"]

    private func taken(_ reports: [DeviceReport]) -> Surroundings {
        var surroundings = Surroundings()
        surroundings.take(reports, roles: roles)
        return surroundings
    }

    private func scanner(_ name: String, _ state: DeviceState = .ready, bothSides: Bool) -> DeviceReport {
        DeviceReport(
            name: name, deviceClass: .scanner, state: state, identity: bothSides ? [DeviceStatus.sides: DeviceStatus.bothSides] : [:])
    }

    @Test func `a second scanner is of no use`() {
        let other = taken([scanner("scanner", .absent, bothSides: false), scanner("spare", bothSides: true)])
        #expect(other.ready == [] && !other.scansBothSides)
        let own = taken([scanner("spare", .absent, bothSides: false), scanner("scanner", bothSides: true)])
        #expect(own.ready == [.scanner] && own.scansBothSides)
    }

    @Test func `the document camera alone shows pages`() {
        #expect(taken([DeviceReport(name: "face-camera", deviceClass: .camera, state: .ready)]).ready == [])
        #expect(taken([DeviceReport(name: "document-camera", deviceClass: .camera, state: .busy)]).ready == [.camera])
        var none = Surroundings(ready: [.camera])
        none.take([DeviceReport(name: "document-camera", deviceClass: .camera, state: .ready)], roles: [:])
        #expect(none.ready == [], "no camera is named for it")
    }

    @Test func `the queue's condition freezes what was chosen for it, and thaws it`() {
        var surroundings = Surroundings()
        surroundings.take(.init(room: nil, hasRoom: false, offline: 9, isFrozen: true), freezing: [.upload])
        #expect(!surroundings.hasRoom && surroundings.frozen == [.upload] && surroundings.canStore)
        surroundings.take(.init(room: nil, hasRoom: true, offline: 9, isFrozen: true), freezing: [])
        #expect(surroundings.hasRoom && surroundings.frozen == [])
        surroundings.take(.init(room: nil, hasRoom: true, offline: 0, isFrozen: false), freezing: [.upload])
        #expect(surroundings.frozen == [])
    }

    @Test(arguments: [DeviceState.ready, .busy, .needsCitizen]) func `a device at work can serve`(state: DeviceState) {
        #expect(taken([DeviceReport(name: "reader", deviceClass: .idCardReader, state: state)]).ready == [.idCardReader])
    }

    @Test(arguments: [DeviceState.starting, .needsTechnician, .offline, .absent]) func `a device out of order can't`(state: DeviceState) {
        #expect(taken([DeviceReport(name: "reader", deviceClass: .idCardReader, state: state)]).ready == [])
    }
}
