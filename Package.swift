// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// One set of rules for every Swift target, tests included.
let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// One set of rules for every C target. `conversion` catches the silent narrowing that turns a bad length into an overrun.
let cSettings: [CSetting] = [
    .enableWarning("all"),
    .enableWarning("extra"),
    .enableWarning("conversion"),
    .treatAllWarnings(as: .error),
    .define("_GNU_SOURCE"),
]

/// `KIOSK_MUTANTS=1` builds a kiosk with deliberate faults that prove the rigs (see docs/rigs.md and docs/residue.md); at run time
/// `KIOSK_MUTANT` wakes one of them. Such a build is never part of a package, and any other holds no trace of them.
let hasMutants = Context.environment["KIOSK_MUTANTS"] == "1"
let mutantSettings: [SwiftSetting] = hasMutants ? [.define("MUTANTS")] : []
let mutants: [Target.Dependency] = hasMutants ? ["Mutants"] : []

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let http = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let server = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let serverCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let tlsServer = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let client = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

func library(
    _ name: String, path: String? = nil, _ dependencies: [Target.Dependency], resources: [Resource] = [], extra: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path ?? "Sources/\(name)", exclude: readme(path ?? "Sources/\(name)"),
        resources: resources, swiftSettings: swiftSettings + extra)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: swiftSettings)
}

func shim(_ name: String, path: String, _ dependencies: [Target.Dependency] = [], link: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: readme(path), sources: ["src"], publicHeadersPath: "include",
        cSettings: cSettings, linkerSettings: link.map { .linkedLibrary($0) })
}

/// A program of Tests/Rigs, in Swift, or in C when it names C libraries.
func rig(_ name: String, _ dependencies: [Target.Dependency] = [], linking libraries: [String] = []) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Tests/Rigs/\(name)", exclude: readme("Tests/Rigs/\(name)"),
        cSettings: libraries.isEmpty ? [] : cSettings, swiftSettings: libraries.isEmpty ? swiftSettings : [],
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// `Tests/<Name>Tests`, testing `<Name>` and whatever else it is handed.
/// Folders `Golden` and `Recordings` hold expected outputs and recorded conversations, read where they lie.
func suite(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    let root = Context.packageDirectory + "/Tests/\(name)Tests/"
    let data = ["Golden", "Recordings"].filter { FileManager.default.fileExists(atPath: root + $0) }
    return .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", exclude: data, resources: resources,
        swiftSettings: swiftSettings)
}

/// A driver folder carries its README, fuzz target and recordings beside the code; SwiftPM wants to be told to leave them alone.
func readme(_ path: String) -> [String] {
    let root = Context.packageDirectory + "/" + path
    return ["README.md", "fuzz"].filter { FileManager.default.fileExists(atPath: root + "/" + $0) }
}

let package = Package(
    name: "CivicKiosk",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // Drivers: C only. C<Lib> name a system library, <Device> is a shim whose header is the contract.
        .systemLibrary(name: "CLibUSB", path: "Drivers/CLibUSB", pkgConfig: "libusb-1.0", providers: [.apt(["libusb-1.0-0-dev"])]),
        .systemLibrary(name: "CUmockdev", path: "Drivers/CUmockdev", pkgConfig: "umockdev-1.0", providers: [.apt(["libumockdev-dev"])]),
        .systemLibrary(name: "CSANE", path: "Drivers/CSANE", pkgConfig: "sane-backends", providers: [.apt(["libsane-dev"])]),
        .systemLibrary(name: "CLeptonica", path: "Drivers/CLeptonica", pkgConfig: "lept", providers: [.apt(["libleptonica-dev"])]),
        .systemLibrary(name: "CTurboJPEG", path: "Drivers/CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CPangoCairo", path: "Drivers/CPangoCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
        .systemLibrary(name: "CQREncode", path: "Drivers/CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        shim("LinkShim", path: "Drivers/Link"),
        shim("LineShim", path: "Drivers/Line"),
        .systemLibrary(name: "CUPSClient", path: "Drivers/CUPSClient", pkgConfig: "libupsclient", providers: [.apt(["libupsclient-dev"])]),
        .systemLibrary(name: "CGPIOD", path: "Drivers/CGPIOD", pkgConfig: "libgpiod", providers: [.apt(["libgpiod-dev"])]),
        shim("KeypadShim", path: "Drivers/Keypad", ["LineShim"]),
        shim("PowerSupplyShim", path: "Drivers/PowerSupply", ["LineShim", "CUPSClient"]),
        shim("AuxiliariesShim", path: "Drivers/Auxiliaries", ["LineShim", "CGPIOD"]),
        shim("PhotoDecoderShim", path: "Drivers/PhotoDecoder", ["LineShim"]),
        shim("IDCardReaderShim", path: "Drivers/IDCardReader", ["LineShim", "CLibUSB"]),
        shim("LockerShim", path: "Drivers/Locker", ["LineShim"]),
        shim("CodeScannerShim", path: "Drivers/CodeScanner", ["LineShim"]),
        shim("ReceiptPrinterShim", path: "Drivers/ReceiptPrinter", ["LineShim"]),
        .systemLibrary(name: "CPCSC", path: "Drivers/CPCSC", pkgConfig: "libpcsclite", providers: [.apt(["libpcsclite-dev"])]),
        shim("SmartCardShim", path: "Drivers/SmartCard", ["CPCSC"]),
        shim("ScannerShim", path: "Drivers/Scanner", ["LineShim", "CSANE"]),
        shim("PrinterShim", path: "Drivers/Printer", ["LineShim"], link: ["cups"]),
        .systemLibrary(name: "COpenSSL", path: "Drivers/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        shim("NationalCryptoShim", path: "Drivers/NationalCrypto", ["COpenSSL"]),
        .systemLibrary(name: "CZBar", path: "Drivers/CZBar", pkgConfig: "zbar", providers: [.apt(["libzbar-dev"])]),
        shim("CameraShim", path: "Drivers/Camera", ["LineShim", "CTurboJPEG", "CZBar"]),
        shim("ImagingShim", path: "Drivers/Imaging", ["CLeptonica", "CTurboJPEG", "CPangoCairo", "CQREncode"]),

        // Values and decisions: no I/O.
        library("KioskModel", []),
        library("KioskFlow", ["KioskModel"]),
        library("Catalogue", ["KioskModel"]),

        // Between processes.
        library("DeviceLink", ["KioskModel", "LinkShim"]),
        library("LocalAPI", ["KioskModel", client, nio, nioHTTP]),
        library("PlatformAPI", ["KioskModel", crypto, "NationalCryptoShim"], resources: [.embedInCode("openapi.json")]),

        // Devices, run inside kiosk-device.
        library("Line", path: "Sources/Devices/Line", ["LineShim"]),
        library("IDCardReader", path: "Sources/Devices/IDCardReader", ["KioskModel", "DeviceLink", "Line", "IDCardReaderShim", "LineShim"]),
        library("Locker", path: "Sources/Devices/Locker", ["KioskModel", "DeviceLink", "Line", "LockerShim", "LineShim"]),
        library("CodeScanner", path: "Sources/Devices/CodeScanner", ["KioskModel", "DeviceLink", "Line", "CodeScannerShim", "LineShim"]),
        library("Scanner", path: "Sources/Devices/Scanner", ["KioskModel", "DeviceLink", "ScannerShim"]),
        library("Printer", path: "Sources/Devices/Printer", ["KioskModel", "DeviceLink", "PrinterShim"]),
        library("Keypad", path: "Sources/Devices/Keypad", ["KioskModel", "DeviceLink", "Line", "KeypadShim"]),
        library("PowerSupply", path: "Sources/Devices/PowerSupply", ["KioskModel", "DeviceLink", "PowerSupplyShim"]),
        library("Auxiliaries", path: "Sources/Devices/Auxiliaries", ["KioskModel", "DeviceLink", "AuxiliariesShim"]),
        library("ReceiptPrinter", path: "Sources/Devices/ReceiptPrinter", ["KioskModel", "DeviceLink", "Line", "ReceiptPrinterShim", "LineShim"]),
        library("SmartCard", path: "Sources/Devices/SmartCard", ["KioskModel", "DeviceLink", "SmartCardShim", "CPCSC"]),
        library("Camera", path: "Sources/Devices/Camera", ["KioskModel", "DeviceLink", "CameraShim"]),
        library("PhotoDecoder", path: "Sources/Devices/PhotoDecoder", ["KioskModel", "DeviceLink", "PhotoDecoderShim"]),
        library("Imaging", path: "Sources/Devices/Imaging", ["KioskModel", "DeviceLink", "ImagingShim"]),

        // The kiosk.
        library("Outbox", [grdb, crypto, log] + mutants, extra: mutantSettings),
        library(
            "KioskRuntime",
            [
                "KioskModel", "KioskFlow", "DeviceLink", "LocalAPI", "PlatformAPI", server, serverCore, http, nio, nioPosix, nioFoundation,
                lifecycle, log, crypto,
            ] + mutants,
            extra: mutantSettings),
        library("PlatformClient", ["KioskModel", "PlatformAPI", client, nio, nioPosix, nioHTTP, nioSSL]),
        library("OutboxReports", ["Outbox", "LocalAPI"]),
        library("KioskQueue", ["KioskRuntime", "PlatformClient", "PlatformAPI", "Outbox", lifecycle] + mutants, extra: mutantSettings),
        library("DeviceStore", ["KioskRuntime", "LocalAPI", "PlatformAPI", "KioskModel", grdb, log]),
        tool(
            "kioskd",
            [
                "KioskRuntime", "KioskQueue", "DeviceStore", "PlatformAPI", "Outbox", "OutboxReports", "LocalAPI", "Catalogue", "DeviceLink",
                "KioskModel",
                "KioskFlow",
                arguments, yaml, lifecycle, signals, log,
            ]),
        tool(
            "kiosk-device",
            [
                "IDCardReader", "Camera", "Locker", "CodeScanner", "Scanner", "Printer", "ReceiptPrinter", "SmartCard", "Imaging", "Keypad",
                "PowerSupply", "Auxiliaries", "PhotoDecoder", "DeviceLink", "KioskModel",
            ]),
        tool("kioskctl", ["LocalAPI", "PlatformAPI", "Outbox", "OutboxReports", "KioskModel", arguments, log]),

        // The city.
        library(
            "Platform", ["KioskModel", "PlatformAPI", "Catalogue", server, http, nio, grdb, crypto, lifecycle, log] + mutants, extra: mutantSettings),
        tool("platformd", ["Platform", "PlatformAPI", arguments, lifecycle, signals, log]),

        // The virtual hardware.
        library(
            "Bench",
            [
                "KioskModel", "LocalAPI", "PlatformAPI", "BadNetwork", "SeededRandom", "CPangoCairo", "CTurboJPEG", "CQREncode",
                server, http, client, nio, nioHTTP, nioPosix, nioFoundation, log,
            ]),
        tool("kiosk-bench", ["Bench", "BadNetwork", arguments, signals, log]),

        // Test-only: a device host whose driver does as it is told, badly too.
        .executableTarget(
            name: "test-device-host", dependencies: ["DeviceLink", "KioskModel", "LinkShim", "SeededRandom"], path: "Tests/Support/test-device-host",
            swiftSettings: swiftSettings),

        // What the devices cost, beside a peer (make bench).
        .executableTarget(
            name: "device-bench", dependencies: ["BenchLine", "Bench", "KioskRuntime", "DeviceLink", "LocalAPI", "KioskModel", arguments, log],
            path: "Tests/Benchmarks/device-bench", swiftSettings: swiftSettings),

        // What the queue costs, beside plain C and well-kept tools (make bench).
        .executableTarget(
            name: "queue-bench",
            dependencies: [
                "BenchLine", "SQLitePeer", "JetStreamPeer", "OpenSSLPeer", "Bench", "QueueLoad", "KioskQueue", "KioskRuntime", "LocalAPI", "Outbox",
                "PlatformAPI", "KioskModel", grdb, arguments, log,
            ],
            path: "Tests/Benchmarks/queue-bench", swiftSettings: swiftSettings),
        shim("SQLitePeer", path: "Tests/Benchmarks/SQLitePeer", link: ["sqlite3"]),
        shim("JetStreamPeer", path: "Tests/Benchmarks/JetStreamPeer", link: ["nats"]),
        shim("OpenSSLPeer", path: "Tests/Benchmarks/OpenSSLPeer", link: ["crypto"]),
        library("BenchLine", path: "Tests/Benchmarks/BenchLine", []),

        // Test-only: random choices that a seed repeats.
        library("SeededRandom", path: "Tests/Support/SeededRandom", []),

        // The rigs (Tests/Rigs): a file system that forgets, a bad network, and the loop that cuts and kills the kiosk's queue.
        rig("forgetfs", linking: ["fuse3"]),
        library("ForgettingDisk", path: "Tests/Rigs/ForgettingDisk", ["Bench"]),
        library("BadNetwork", path: "Tests/Rigs/BadNetwork", ["SeededRandom", nio, nioPosix, nioHTTP]),
        library("Mutants", path: "Tests/Rigs/Mutants", []),
        library("QueueLoad", path: "Tests/Rigs/QueueLoad", ["SeededRandom", "PlatformAPI", "Outbox"]),
        rig("queue-load", ["QueueLoad", "KioskQueue", "KioskRuntime", "PlatformAPI", "Outbox", "KioskModel", lifecycle, signals, arguments, log]),
        rig(
            "chaos",
            [
                "QueueLoad", "SeededRandom", "Bench", "ForgettingDisk", "BadNetwork", "PlatformAPI", "Outbox", "KioskModel",
                arguments, signals, client, nio, nioHTTP, log,
            ]),
        suite(
            "Rigs",
            [
                "ForgettingDisk", "BadNetwork", "Bench", "KioskQueue", "KioskRuntime", "Outbox", "PlatformClient", "PlatformAPI", "KioskModel",
                "QueueLoad", "SeededRandom", "forgetfs", "queue-load", "chaos", "platformd", "kioskctl", server, http, client, nio, nioPosix, nioHTTP,
                log,
            ]),

        // The virtual machine (Tests/VM): kernel devices, and the agent that runs scenarios inside.
        library("VirtualUSB", path: "Tests/VM/VirtualUSB", ["Bench"]),
        .executableTarget(
            name: "vm-agent",
            dependencies: ["test-photo-decoder", "VirtualUSB", "Bench", "KioskRuntime", "DeviceLink", "LocalAPI", "KioskModel", lifecycle, log],
            path: "Tests/VM/vm-agent", swiftSettings: swiftSettings),
        .executableTarget(
            name: "vm-city", dependencies: ["QueueLoad", "Bench", "PlatformAPI"], path: "Tests/VM/vm-city", swiftSettings: swiftSettings),
        .executableTarget(
            name: "vm-device", path: "Tests/VM/vm-device", exclude: readme("Tests/VM/vm-device"), cSettings: cSettings),
        suite("VM", ["vm-agent", "vm-device", "test-device-host", "VirtualUSB", "Bench", "DeviceLink", "KioskModel", "SeededRandom"]),

        suite("KioskModel", ["KioskModel"]),
        suite("KioskFlow", ["KioskFlow", "KioskModel", "SeededRandom"]),
        suite("Catalogue", ["Catalogue", "KioskModel"]),
        suite("DeviceLink", ["DeviceLink", "KioskModel", "LinkShim"]),
        suite("LocalAPI", ["LocalAPI", "PlatformAPI", "kioskctl", "Outbox", "KioskModel", server, log]),
        suite("PlatformAPI", ["PlatformAPI", "NationalCryptoShim", crypto]),
        suite("Line", ["Line", "LineShim", "Bench"]),
        suite(
            "IDCardReader",
            [
                "test-usb-reader", "IDCardReader", "IDCardReaderShim", "LineShim", "DeviceLink", "KioskModel", "Bench", "VirtualUSB", "SeededRandom",
                "Line",
            ]),
        suite("Locker", ["Locker", "LockerShim", "LineShim", "Line", "DeviceLink", "KioskModel", "Bench"]),
        suite("CodeScanner", ["CodeScanner", "CodeScannerShim", "LineShim", "Line", "DeviceLink", "KioskModel", "Bench"]),
        suite("Camera", ["Camera", "CameraShim", "DeviceLink", "KioskModel", "Bench"]),
        // Test-only: a decoder for synthetic photos, as docs/photo-decoder.md wants one.
        .executableTarget(name: "test-photo-decoder", path: "Tests/Support/test-photo-decoder", cSettings: cSettings),
        // Test-only: readers on an emulated USB, for the part of the driver that stands on libusb.
        .executableTarget(
            name: "test-usb-reader", dependencies: ["IDCardReaderShim", "CUmockdev"], path: "Tests/Support/test-usb-reader", cSettings: cSettings),
        suite("PhotoDecoder", ["PhotoDecoder", "PhotoDecoderShim", "test-photo-decoder", "DeviceLink", "KioskModel", "Bench"]),
        suite("Scanner", ["Scanner", "DeviceLink", "KioskModel", "Bench"]),
        suite("Printer", ["Printer", "PrinterShim", "DeviceLink", "KioskModel", "Bench"]),
        suite("Keypad", ["Keypad", "KeypadShim", "DeviceLink", "KioskModel", "Bench"]),
        suite("PowerSupply", ["PowerSupply", "PowerSupplyShim", "DeviceLink", "KioskModel", "Bench"]),
        suite("Auxiliaries", ["Auxiliaries", "AuxiliariesShim", "DeviceLink", "KioskModel", "Bench"]),
        suite("ReceiptPrinter", ["ReceiptPrinter", "ReceiptPrinterShim", "LineShim", "Line", "DeviceLink", "KioskModel", "Bench", "CQREncode"]),
        suite("SmartCard", ["SmartCard", "SmartCardShim", "DeviceLink", "KioskModel", "Bench"]),
        suite("Imaging", ["Imaging", "DeviceLink", "KioskModel", "Bench"]),
        // Commits until it is killed: what the crash tests kill.
        .executableTarget(name: "outbox-writer", dependencies: ["Outbox", log], path: "Tests/Support/outbox-writer", swiftSettings: swiftSettings),
        suite("Outbox", ["Outbox", "outbox-writer", "SeededRandom", grdb, crypto, log]),
        suite(
            "KioskRuntime",
            [
                "KioskRuntime", "test-device-host", "SeededRandom", "KioskFlow", "DeviceLink", "LinkShim", "LocalAPI", "PlatformAPI", "KioskModel",
                client, nio, nioHTTP, nioFoundation, log,
            ]),
        suite("KioskQueue", ["KioskQueue", "KioskRuntime", "Outbox", "PlatformAPI", "Bench", server, http, lifecycle, grdb, log]),
        suite("Kioskd", ["kioskd", "KioskQueue", "KioskRuntime", "KioskFlow", "LocalAPI", "KioskModel"]),
        suite("DeviceStore", ["DeviceStore", "KioskRuntime", "LocalAPI", "KioskModel", grdb, log]),
        suite("PlatformClient", ["PlatformClient", "PlatformAPI", "KioskModel", server, tlsServer, http, client, nioHTTP, nioSSL, lifecycle, log]),
        suite("Platform", ["Platform", "platformd", "PlatformAPI", "PlatformClient", "KioskModel", client, nio, grdb, crypto, log]),
        suite("Bench", ["Bench", "KioskModel", nio, nioPosix]),
        .testTarget(
            name: "EndToEnd", dependencies: ["Bench", "BadNetwork", "LocalAPI", "PlatformAPI", "KioskModel"], path: "Tests/EndToEnd",
            swiftSettings: swiftSettings),
    ],
    cLanguageStandard: .c17
)
