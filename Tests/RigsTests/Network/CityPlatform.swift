import Bench
import Foundation
import PlatformAPI
import Testing

/// A real platformd for a whole suite: each case enrols a kiosk of its own.
actor CityPlatform {
    @TaskLocal static var current: CityPlatform?

    nonisolated let platform: VirtualPlatform
    private let layout: BenchLayout
    private var enrolled = 0
    private var working = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private init(_ platform: VirtualPlatform, _ layout: BenchLayout) {
        self.platform = platform
        self.layout = layout
    }

    /// Starts one, makes it the current one, and removes it with all that it kept.
    static func with(_ body: () async throws -> Void) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let layout = try BenchLayout(root: root, needing: ["platformd"])
        try layout.makeDirectories()
        let platform = try await VirtualPlatform(layout: layout, log: ProcessLog())
        do {
            try await platform.start()
            try await $current.withValue(CityPlatform(platform, layout), operation: body)
        } catch {
            await platform.stop()
            throw error
        }
        #expect(await platform.process.restarts == 0, "platformd died")
        await platform.stop()
    }

    /// Makes a new kiosk known, that reaches the platform at that port, and gives it a directory.
    func enrol(port: Int) async throws -> (KioskCredential, KioskPrivateKey, directory: URL) {
        enrolled += 1
        let name = "net-\(enrolled)"
        let directory = layout.root.appending(path: name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let file = directory.appending(path: "credential.json")
        try await platform.enrol(name, credential: file, via: port)
        return (try KioskCredential(contentsOf: file), try KioskPrivateKey(contentsOf: KioskPrivateKey.place(beside: file)), directory)
    }

    /// Lets a few in at a time: all at once on a small machine, each would be too slow for its own deadlines.
    nonisolated func inTurn(_ body: () async throws -> Void) async throws {
        await enter()
        do {
            try await body()
        } catch {
            await leave()
            throw error
        }
        await leave()
    }

    private func enter() async {
        if working < 8 { working += 1 } else { await withCheckedContinuation { waiting.append($0) } }
    }

    /// Who leaves gives the place on.
    private func leave() {
        if waiting.isEmpty { working -= 1 } else { waiting.removeFirst().resume() }
    }
}

/// Runs one platform around a suite.
struct CityPlatformTrait: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await CityPlatform.with(function)
    }
}

extension Trait where Self == CityPlatformTrait {
    static var cityPlatform: Self { Self() }
}
