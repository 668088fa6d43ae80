import Foundation
import Testing

/// kioskd decides and touches no hardware: what it is linked with shows it.
struct LinkTests {
    private static let executables: URL? = {
        let places = CommandLine.arguments.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return places.first { FileManager.default.isExecutableFile(atPath: $0.appending(path: "kioskd").path) }
    }()

    private func output(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }

    /// Names of the shared libraries that the dynamic linker loads for it, without what those load in turn.
    private func libraries(of executable: String) throws -> [String] {
        let path = try #require(Self.executables).appending(path: executable).path
        return try output("readelf", ["-d", path]).split(separator: "\n").filter { $0.contains("(NEEDED)") }.map(String.init)
    }

    /// Modules of ours that left a symbol in it: `$s7Scanner…` is module Scanner, `$s11PlatformAPI…` is not module Platform.
    private func hasSymbols(of module: String, in executable: String) throws -> Bool {
        let path = try #require(Self.executables).appending(path: executable).path
        let mangled = "$s\(module.utf8.count)\(module)"
        return try output("nm", ["--no-demangle", path]).split(separator: "\n").contains {
            $0.split(separator: " ").last?.hasPrefix(mangled) ?? false
        }
    }

    @Test(arguments: ["sane", "cups", "lept", "turbojpeg", "jpeg", "pango", "cairo", "qrencode", "usb"])
    func kioskdLoadsNoDeviceOrImageLibrary(library: String) throws {
        let found = try libraries(of: "kioskd").filter { $0.contains("[lib\(library)") }
        #expect(found.isEmpty)
    }

    @Test(arguments: ["Platform", "IDCardReader", "Scanner", "Printer", "Imaging", "Bench", "Mutants"])
    func kioskdHoldsNoDeviceOrPlatformCode(module: String) throws {
        #expect(try !hasSymbols(of: module, in: "kioskd"))
    }

    @Test(arguments: ["kioskctl", "platformd"]) func noOtherProgramHoldsMutants(executable: String) throws {
        #expect(try !hasSymbols(of: "Mutants", in: executable))
    }

    /// The look itself must be able to see: the device host has what kioskd must not have.
    @Test func theDeviceHostHasThem() throws {
        let libraries = try libraries(of: "kiosk-device").joined()
        for library in ["sane", "cups", "lept", "turbojpeg"] { #expect(libraries.contains("[lib\(library)")) }
        for module in ["IDCardReader", "Scanner", "Printer", "Imaging"] { #expect(try hasSymbols(of: module, in: "kiosk-device")) }
        #expect(try hasSymbols(of: "Platform", in: "platformd"))
        #expect(try hasSymbols(of: "KioskRuntime", in: "kioskd"))
    }
}
