import Foundation
import PlatformAPI
import Testing

/// `kioskctl receipt check`, which needs nothing but a public key.
@Suite struct ReceiptCommandTests {
    private func inDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("receipt-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    private func write(_ pem: String, _ name: String, in directory: URL) throws -> String {
        let file = directory.appendingPathComponent(name)
        try Data((pem + "\n").utf8).write(to: file)
        return file.path
    }

    private static let receipt = CustodyReceipt(
        id: .v7(at: Date()), kiosk: "hall-1", reference: "hall-1-20270115-5760042", digest: String(repeating: "0a", count: 32), materials: 1,
        heldAt: Date(timeIntervalSince1970: 1_800_000_000))

    /// The example of docs/custody-receipt.md.
    private static let exampleKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7
        Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
        -----END PUBLIC KEY-----
        """
    private static let exampleToken =
        "CKR1:1KM+1H6L2M*S290PVK00077E88G000000100600 8D VD4W5N00 8D VD4W55W5846//6%96NW6XW6C%6A46SE6PDJOWG98M6*MB.MR.KK-SYYFC%97TI:HQ1O5OYDL/96U2.TE000000FPDUOQ+RTFGMY+2759NQKIPCSGM-6VEXGQQOEVED*6-F1VERQ1F1/I9V46D0D9NQFSCVV.ALM:D8I2EQ0IPUUIALBU$11+MV U2EJC"

    @Test(arguments: [("table", "txt"), ("json", "json")]) func theExampleIsAsPromised(format: String, suffix: String) async throws {
        try await inDirectory { directory in
            let key = try write(Self.exampleKey, "kiosk.pub", in: directory)
            let run = try await KioskctlTests.kioskctl(["receipt", "check", "--key", key, "--format", format, Self.exampleToken])
            #expect(run.status == 0 && run.error == "")
            let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            let golden = try String(contentsOf: tests.appendingPathComponent("Golden/receipt-check.\(suffix)"), encoding: .utf8)
            #expect(run.output == golden)
            let manual = try String(contentsOf: tests.appendingPathComponent("../../docs/cli.md"), encoding: .utf8)
            #expect(manual.contains("```\(format == "json" ? "json" : "")\n\(golden)```"))
        }
    }

    @Test func eitherKindIsCheckedWithItsOwnKey() async throws {
        try await inDirectory { directory in
            let (kiosk, platform) = (try KioskPrivateKey(), AcknowledgementSigner())
            let custody = try kiosk.sign(Self.receipt).token
            let acceptance = try platform.sign(Acceptance(of: Self.receipt, applicationNumber: "A-0001", acceptedAt: Date())).token
            let kioskKey = try write(kiosk.publicKey.pem, "kiosk.pub", in: directory)
            let platformKey = try write(platform.publicKey.pem, "platform.pub", in: directory)
            let otherKey = try write(KioskPrivateKey().publicKey.pem, "other.pub", in: directory)

            let held = try await KioskctlTests.kioskctl(["receipt", "check", "--key", kioskKey, "-"], input: custody + "\n")
            #expect(held.status == 0 && held.error == "" && held.output.contains("2027-01-15T08:00:00Z"))
            let accepted = try await KioskctlTests.kioskctl(["receipt", "check", "--key", platformKey, "-"], input: acceptance)
            #expect(accepted.status == 0 && accepted.output.contains("A-0001"))
            // A kiosk may have had another key before.
            let former = try await KioskctlTests.kioskctl(["receipt", "check", "--key", otherKey, "--key", kioskKey, custody])
            #expect(former.status == 0)

            for (key, token) in [(otherKey, custody), (platformKey, custody), (kioskKey, acceptance)] {
                let run = try await KioskctlTests.kioskctl(["receipt", "check", "--key", key, token])
                #expect(run.status == 3 && run.error == "" && run.output.hasPrefix("genuine  no"))
                #expect(!run.output.contains(Self.receipt.reference), "a claim that nobody vouches for isn't repeated")
            }
        }
    }

    @Test func whatCanNotBeCheckedIsSaid() async throws {
        try await inDirectory { directory in
            let key = try write(KioskPrivateKey().publicKey.pem, "kiosk.pub", in: directory)
            for (argument, input) in [("hall-1-20270115-5760042", ""), ("-", ""), ("-", "CKR1:00")] {
                let run = try await KioskctlTests.kioskctl(["receipt", "check", "--key", key, argument], input: input)
                #expect(run.status == 65 && run.output == "" && run.error.hasPrefix("kioskctl: this"))
            }
            #expect(try await KioskctlTests.kioskctl(["receipt", "check", Self.exampleToken]).status == 64)
            for file in ["/nowhere/kiosk.pub", try write("no key", "none.pub", in: directory)] {
                let run = try await KioskctlTests.kioskctl(["receipt", "check", "--key", file, Self.exampleToken])
                #expect(run.status == 64 && run.output == "" && run.error.contains(file))
            }
        }
    }
}
