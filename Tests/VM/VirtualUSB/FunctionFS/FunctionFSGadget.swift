internal import Foundation
internal import Glibc

/// A USB gadget of configfs with one FunctionFS function, and where that function is mounted. Needs root, libcomposite, usb_f_fs and dummy_hcd.
struct FunctionFSGadget: Sendable {
    /// Why the gadget could not be made.
    struct Failure: Error, Equatable, CustomStringConvertible {
        /// What was tried on which path.
        var what: String
        var code: Int32

        var description: String { "\(what): \(String(cString: strerror(code)))" }
    }

    /// Of the gadget and of its function.
    let name: String
    /// Where the function's files are once it is made.
    var mountPoint: String { "/run/\(name)" }
    private var directory: String { "/sys/kernel/config/usb_gadget/\(name)" }
    private var configuration: String { directory + "/configs/c.1" }
    private var function: String { directory + "/functions/ffs.\(name)" }

    /// Makes gadget and function and mounts it; whoever then has written the descriptors to `ep0` may bind it.
    func make(vendor: UInt16, product: UInt16) throws {
        if !FileManager.default.fileExists(atPath: "/sys/kernel/config/usb_gadget") {
            _ = mount("configfs", "/sys/kernel/config", "configfs", 0, nil)
        }
        guard FileManager.default.fileExists(atPath: "/sys/kernel/config/usb_gadget") else {
            throw Failure(what: "no USB gadgets in /sys/kernel/config: load the module (modprobe libcomposite)", code: ENOENT)
        }
        for path in [directory, directory + "/strings/0x409", configuration, configuration + "/strings/0x409", function] { try makeDirectory(path) }
        try write(String(format: "0x%04x", vendor), to: directory + "/idVendor")
        try write(String(format: "0x%04x", product), to: directory + "/idProduct")
        try write("0x0200", to: directory + "/bcdUSB")
        try write("CivicKiosk bench", to: directory + "/strings/0x409/manufacturer")
        try write("SDT ID-card reader", to: directory + "/strings/0x409/product")
        guard symlink(function, configuration + "/ffs") == 0 || errno == EEXIST else { throw Failure(what: "link \(function)", code: errno) }
        try makeDirectory(mountPoint)
        guard mount(name, mountPoint, "functionfs", 0, nil) == 0 else { throw Failure(what: "mount functionfs on \(mountPoint)", code: errno) }
    }

    /// Plugs it into the first device controller that has none.
    /// - Returns: the controller's name
    func bind() throws -> String {
        let controllers = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/udc")) ?? []
        var code = ENODEV
        for controller in controllers.sorted() {
            do {
                try write(controller, to: directory + "/UDC")
                return controller
            } catch let failure as Failure {
                code = failure.code
            }
        }
        throw Failure(what: "no free USB device controller in /sys/class/udc (modprobe dummy_hcd num=8)", code: code)
    }

    /// Pulls it out of its controller; nothing happens when it is in none.
    func unbind() {
        try? write("\n", to: directory + "/UDC")
    }

    /// Takes everything away again; its files must be closed.
    func remove() {
        unbind()
        umount2(mountPoint, Int32(MNT_DETACH))
        rmdir(mountPoint)
        unlink(configuration + "/ffs")
        // configfs keeps what is still linked: from the leaves up.
        for path in [function, configuration + "/strings/0x409", configuration, directory + "/strings/0x409", directory] { rmdir(path) }
    }

    private func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Failure(what: "mkdir \(path)", code: errno) }
    }

    private func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(what: "open \(path)", code: errno) }
        defer { close(file) }
        guard Glibc.write(file, text, text.utf8.count) == text.utf8.count else { throw Failure(what: "write \(path)", code: errno) }
    }
}
