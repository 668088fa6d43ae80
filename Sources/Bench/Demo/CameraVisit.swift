public import Foundation
import KioskModel

/// A citizen who stands before the document camera's live picture.
public struct CameraVisit: Sendable {
    private let screen: Touchscreen
    private let name: String

    /// From the first touch to the live picture, on a kiosk that runs.
    public static func begin(_ kiosk: VirtualKiosk, citizen: SyntheticCitizen) async throws -> CameraVisit {
        let screen = try await Touchscreen.open(try await kiosk.startAddress())
        try await screen.waitFor("attract")
        try await screen.touch(.start)
        try await screen.waitFor("menu") { $0.offered.contains { $0.kind == .chooseJourney } }
        try await screen.touch(.chooseJourney, "upload")
        try await screen.waitFor("lay-card")
        try await kiosk.act(BenchAction.Reader(action: .lay, citizen: citizen.id))
        try await screen.waitFor("identity")
        try await screen.touch(.confirm)
        try await screen.waitFor("take-card")
        try await kiosk.act(BenchAction.Reader(action: .lift, citizen: nil))
        try await screen.waitFor("items")
        try await screen.touch(.chooseItem)
        guard let material = try await screen.waitFor("checklist").missingMaterial else { throw VirtualKiosk.NotRunning() }
        try await screen.touch(material.kind, material.value)
        try await screen.waitFor("insert")
        try await screen.touch(.chooseSource, "camera")
        guard let name = try await screen.waitFor("lay-page", where: { $0.camera != nil }).camera else { throw VirtualKiosk.NotRunning() }
        return CameraVisit(screen: screen, name: name)
    }

    /// Looks as the page does: `each` is handed the camera's number and the bytes of every picture until it answers false, or the picture ends.
    public func look(each: (Int, Data) async throws -> Bool) async throws {
        try await screen.look(at: name, each: each)
    }

    /// Leaves the kiosk by its exit.
    public func leave() async throws {
        try await screen.touch(.exit)
        try await screen.waitFor("attract")
        await screen.close()
    }
}
