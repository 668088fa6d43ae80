import Foundation

/// Kernel modules that a device needs, loaded when the first one of its kind is plugged in.
enum KernelModule {
    /// Loads modules that may be loaded already; `parameters` follow the last one's name.
    static func load(_ names: String..., parameters: [String] = []) throws {
        for name in names {
            let modprobe = Process()
            modprobe.executableURL = URL(filePath: "/sbin/modprobe")
            modprobe.arguments = [name] + (name == names.last ? parameters : [])
            try modprobe.run()
            modprobe.waitUntilExit()
            guard modprobe.terminationStatus == 0 else {
                throw DeviceTrouble("the kernel has no module \(name): it belongs into Tests/VM/image/modules")
            }
        }
    }
}
