import Foundation
@testable import kioskd
import KioskRuntime
import Testing

/// A folder that looks as sysfs does. That a reset really happens, only a kernel with USB can show.
struct SysfsPortsTests {
    private func withPorts(_ body: (SysfsPorts, URL) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("ports-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let ports = SysfsPorts(devices: root.appendingPathComponent("sys"), nodes: root.appendingPathComponent("dev"))
        try plug("1-2.4", ["idVendor": "0400", "idProduct": "c35a", "serial": "A1", "bDeviceClass": "00", "busnum": "1", "devnum": "7"], root)
        try plug("1-1", ["idVendor": "1d6b", "idProduct": "0002", "bDeviceClass": "09", "busnum": "1", "devnum": "2"], root)
        try await body(ports, root)
    }

    private func plug(_ path: String, _ attributes: [String: String], _ root: URL) throws {
        let folder = root.appendingPathComponent("sys/\(path)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, value) in attributes { try Data("\(value)\n".utf8).write(to: folder.appendingPathComponent(name)) }
    }

    private func refusal(_ ports: SysfsPorts, _ device: USBDevice) async -> String {
        do {
            try await ports.reset(device)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func aPlaceTellsWhatIsPluggedInThere() async throws {
        try await withPorts { ports, _ in
            let found = try ports.device(at: "1-2.4")
            #expect(found == USBDevice(path: "1-2.4", vendor: "0400", product: "c35a", serial: "A1"))
        }
    }

    @Test(arguments: ["", "1", "../1-2.4", "1-2.4/..", "usb1", "1-2.", "1-2.4\n", "1-" + String(repeating: "1", count: 99), "2-9"])
    func whatIsNoPlaceOrEmptyIsRefused(_ path: String) async throws {
        try await withPorts { ports, _ in
            let found = Result { try ports.device(at: path) }
            #expect(throws: SysfsPorts.Refused.self, performing: found.get)
        }
    }

    @Test func aHubIsNeverReset() async throws {
        try await withPorts { ports, _ in
            let found = Result { try ports.device(at: "1-1") }
            #expect(throws: SysfsPorts.Refused.self, performing: found.get)
        }
    }

    @Test func anotherDeviceInItsPlaceIsNotReset() async throws {
        try await withPorts { ports, root in
            let reader = try ports.device(at: "1-2.4")
            try plug("1-2.4", ["serial": "B2"], root)
            #expect(await refusal(ports, reader).contains("another device"))
        }
    }

    @Test func aNodeThatCannotBeWrittenOrResetIsNamed() async throws {
        try await withPorts { ports, root in
            let reader = try ports.device(at: "1-2.4")
            #expect(await refusal(ports, reader).contains("001/007 can't be opened for writing: errno 2"))
            let node = root.appendingPathComponent("dev/001")
            try FileManager.default.createDirectory(at: node, withIntermediateDirectories: true)
            try Data().write(to: node.appendingPathComponent("007"))
            // A plain file knows no such ioctl.
            #expect(await refusal(ports, reader).contains("refused to reset"))
        }
    }
}
