internal import Foundation
internal import Glibc

/// The kernel's virtual USB host controller (vhci-hcd), through sysfs. Needs root.
struct VHCIController: Sendable {
    /// Why a device could not be plugged in.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case missing(path: String)
        case noFreePort
        case refused(path: String, code: Int32)
        case hungUp(port: Int)

        var description: String {
            switch self {
            case .missing(let path): "\(path) does not exist: load the module (modprobe vhci-hcd)"
            case .noFreePort: "every port of the virtual USB controller is taken: unplug a device"
            case .refused(let path, let code): "writing to \(path): \(String(cString: strerror(code))); it needs root and a free port"
            case .hungUp(let port): "the kernel has hung up on the device in port \(port) of the virtual USB controller; its log tells why"
            }
        }
    }

    let directory: String

    init(directory: String = "/sys/devices/platform/vhci_hcd.0") {
        self.directory = directory
    }

    func status() throws -> VHCIStatus {
        guard let text = try? String(contentsOfFile: directory + "/status", encoding: .utf8) else {
            throw Failure.missing(path: directory + "/status")
        }
        return VHCIStatus(text)
    }

    /// Plugs the device behind `socket` into `port`. The kernel keeps the connection open by itself from now on.
    func attach(port: Int, socket: Int32) throws {
        // Any device number will do, as long as it isn't 0; 2 is USB_SPEED_FULL.
        try write("\(port) \(socket) \(1 << 16 | port + 1) 2", to: directory + "/attach")
    }

    private func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw errno == ENOENT ? Failure.missing(path: path) : Failure.refused(path: path, code: errno) }
        defer { close(file) }
        guard text.withCString({ Glibc.write(file, $0, strlen($0)) }) == text.utf8.count else { throw Failure.refused(path: path, code: errno) }
    }
}
