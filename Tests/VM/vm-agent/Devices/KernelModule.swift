/// Kernel modules that a device needs, loaded when the first one of its kind is plugged in.
enum KernelModule {
    /// Loads modules that may be loaded already; `parameters` follow the last one's name.
    static func load(_ names: String..., parameters: [String] = []) async throws {
        for name in names {
            do {
                try await SystemCommand.run("/sbin/modprobe", [name] + (name == names.last ? parameters : []))
            } catch let trouble as DeviceTrouble {
                throw DeviceTrouble("\(trouble) (a module that the image lacks belongs into Tests/VM/image/modules)")
            }
        }
    }
}
