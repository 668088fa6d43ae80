import Foundation
import PlatformAPI
import Testing

/// `kioskctl key`, which needs no kioskd.
@Suite struct KeyCommandTests {
    private func inDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    private struct Shown: Decodable {
        var id: String
        var profile: CryptoProfile
        var file: String
        var publicKey: String
    }

    @Test(arguments: [([], CryptoProfile.international), (["--profile", "national"], .national)])
    func aKeyIsMadeOnceAndShown(_ options: [String], _ profile: CryptoProfile) async throws {
        try await inDirectory { directory in
            let file = directory.appendingPathComponent("signing.pem")
            let made = try await KioskctlTests.kioskctl(["key", "make", file.path, "--format", "json"] + options)
            #expect(made.status == 0 && made.error == "")
            let report = try JSONDecoder().decode(Shown.self, from: Data(made.output.utf8))
            let key = try KioskPrivateKey(contentsOf: file).publicKey
            #expect(report.id == key.id && report.file == file.path)
            #expect(report.profile == profile && key.profile == profile)
            #expect(try KioskKey(pem: report.publicKey) == key)
            // What lies beside it for the platform is the same.
            #expect(try KioskKey(pem: String(contentsOfFile: file.path + ".pub", encoding: .utf8)) == key)

            let again = try await KioskctlTests.kioskctl(["key", "make", file.path])
            #expect(again.status == 64 && again.output == "" && again.error.contains(file.path))
            #expect(try KioskPrivateKey(contentsOf: file).publicKey == key)

            let shown = try await KioskctlTests.kioskctl(["key", "show", file.path])
            #expect(shown.status == 0)
            #expect(shown.output.contains(key.id) && shown.output.contains(profile.rawValue) && shown.output.contains("BEGIN PUBLIC KEY"))
            #expect(!shown.output.contains("PRIVATE"))
        }
    }

    @Test func aKeyThatCanNotBeUsedIsSaidWithWhatToDo() async throws {
        try await inDirectory { directory in
            let file = directory.appendingPathComponent("signing.pem")
            let missing = try await KioskctlTests.kioskctl(["key", "show", file.path])
            #expect(missing.status == 4 && missing.error.contains("kioskctl key make"))
            try KioskPrivateKey().write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
            let open = try await KioskctlTests.kioskctl(["key", "show", file.path])
            #expect(open.status == 70 && open.error.contains("chmod 600"))
            let nowhere = try await KioskctlTests.kioskctl(["key", "make", "/nowhere/signing.pem"])
            #expect(nowhere.status == 70 && nowhere.error.contains("/nowhere"))
            let other = try await KioskctlTests.kioskctl(["key", "make", file.path, "--profile", "other"])
            #expect(other.status == 64 && other.error.contains("national"))
        }
    }
}
