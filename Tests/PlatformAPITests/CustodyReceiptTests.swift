import Foundation
import Testing

@testable import PlatformAPI

/// The example of docs/custody-receipt.md: whoever writes the other side finds the same.
enum CustodyExample {
    /// The key of RFC 6979, A.2.5.
    static let kioskKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7
        Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
        -----END PUBLIC KEY-----
        """
    /// The key of RFC 8032, 7.1, test 1.
    static let platformKey = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        -----END PUBLIC KEY-----
        """
    static let custodyToken =
        "CKR1:1KM+1H6L2M*S290PVK00077E88G000000100600 8D VD4W5N00 8D VD4W55W5846//6%96NW6XW6C%6A46SE6PDJOWG98M6*MB.MR.KK-SYYFC%97TI:HQ1O5OYDL/96U2.TE000000FPDUOQ+RTFGMY+2759NQKIPCSGM-6VEXGQQOEVED*6-F1VERQ1F1/I9V46D0D9NQFSCVV.ALM:D8I2EQ0IPUUIALBU$11+MV U2EJC"
    static let acceptanceToken =
        "CKA1:HD4WD6ZHKYNK290PVK00077E88G000000100600 8D VD4W5N00 8D VD4W55W5846//6%96NW6XW6C%6A46SE6PDJOWG98M6*MB.MR.KK-SYYFC%97TI:HQ1O5OYDL/96U2.TE/00%96OA7OA7OA7NY96466467462569L6646$96FA7746646*96846//6%96QW6646Y86000H20/E9ZR7PKO0ZUI6HO0IE811OI007ZPS9LNL/4R45-6C2EVH$23RSDQ4+LL6-K1RBKKGDMRU/4 H6TMFIWPP9VBAQPT9NA8:R202A90"

    static func receipt() throws -> CustodyReceipt {
        let ids = ["0197a3c0-0000-7000-8000-000000000001", "0197a3c0-0000-7000-8000-000000000002"].compactMap { UUID(wireText: $0) }
        let digests = ["application", "material"].map { Digest.sha256(Data($0.utf8)) }
        return CustodyReceipt(
            id: try #require(ids.first), kiosk: "hall-1", reference: "hall-1-20270115-5760042",
            digest: CustodyReceipt.digest(of: Array(zip(ids, digests))), materials: 1, heldAt: Date(timeIntervalSince1970: 1_800_000_000))
    }

    static func acceptance() throws -> Acceptance {
        Acceptance(
            of: try receipt(), applicationNumber: "11999999MB0000010Y3000109001001202701150001",
            acceptedAt: Date(timeIntervalSince1970: 1_800_000_060))
    }
}

@Suite struct CustodyReceiptTests {
    @Test func theExampleOfTheDocumentIsGenuine() throws {
        let key = try KioskKey(pem: CustodyExample.kioskKey)
        let custody = try SignedCustodyReceipt(token: CustodyExample.custodyToken)
        #expect(try custody.receipt == CustodyExample.receipt())
        #expect(try custody.keyID == "b18b86ce1389e46d" && custody.verify(with: key))
        #expect(custody.token == CustodyExample.custodyToken)
        let platform = try #require(AcknowledgementKey(pem: CustodyExample.platformKey))
        let acceptance = try SignedAcceptance(token: CustodyExample.acceptanceToken)
        #expect(try acceptance.acceptance == CustodyExample.acceptance())
        #expect(acceptance.keyID == "21fe31dfa154a261" && acceptance.verify(with: platform))
        #expect(acceptance.token == CustodyExample.acceptanceToken)
    }

    @Test func theDocumentHasTheExample() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/custody-receipt.md")
        let document = try String(contentsOf: file, encoding: .utf8)
        for part in [CustodyExample.custodyToken, CustodyExample.acceptanceToken, CustodyExample.kioskKey, CustodyExample.platformKey] {
            for line in part.split(separator: "\n") { #expect(document.contains(line)) }
        }
    }

    @Test func aTokenReadsBackAndIsTheKeys() throws {
        let key = try KioskPrivateKey()
        let receipt = try CustodyExample.receipt()
        let token = try key.sign(receipt).token
        for text in [token, token + "\n", "\r\n " + token + " \t\n"] {
            let read = try SignedCustodyReceipt(token: text)
            #expect(try read.receipt == receipt && read.verify(with: key.publicKey))
            #expect(try ReceiptToken(text) == .custody(read))
        }
        #expect(try !SignedCustodyReceipt(token: token).verify(with: KioskPrivateKey().publicKey))
        let signer = AcknowledgementSigner()
        let acceptance = try signer.sign(CustodyExample.acceptance())
        #expect(try ReceiptToken(acceptance.token) == .acceptance(acceptance))
        #expect(acceptance.verify(with: signer.publicKey) && !acceptance.verify(with: AcknowledgementSigner().publicKey))
    }

    /// The id alone names another key; the signature is still the first one's.
    @Test func aKeyIsNotBelievedForItsId() throws {
        let key = try KioskPrivateKey()
        let signed = try key.sign(CustodyExample.receipt())
        let other = try KioskPrivateKey().publicKey
        let renamed = SignedCustodyReceipt(receipt: signed.receipt, keyID: other.id, signature: signed.signature)
        #expect(try !renamed.verify(with: other) && !renamed.verify(with: key.publicKey))
    }

    @Test func everyFieldIsSigned() throws {
        let key = try KioskPrivateKey()
        let signed = try key.sign(CustodyExample.receipt())
        let changes: [(inout CustodyReceipt) -> Void] = [
            { $0.id = .v7(at: Date()) }, { $0.kiosk = "hall-2" }, { $0.reference += "1" }, { $0.digest = Digest.sha256(Data()) },
            { $0.materials = 2 }, { $0.heldAt += 1 },
        ]
        for (index, change) in changes.enumerated() {
            var receipt = signed.receipt
            change(&receipt)
            let changed = SignedCustodyReceipt(receipt: receipt, keyID: signed.keyID, signature: signed.signature)
            #expect(try !changed.verify(with: key.publicKey), "change \(index)")
        }
    }

    /// What one signature was made for is nothing else, whatever its fields are.
    @Test func anAcceptanceIsNoReceipt() throws {
        let (custody, acceptance) = (CustodyExample.custodyToken, CustodyExample.acceptanceToken)
        #expect(throws: ReceiptTokenError.notAReceipt) { try SignedCustodyReceipt(token: acceptance) }
        #expect(throws: ReceiptTokenError.notAReceipt) { try SignedAcceptance(token: custody) }
        #expect(throws: ReceiptTokenError.malformed) { try SignedCustodyReceipt(token: "CKR1:" + acceptance.dropFirst(5)) }
        #expect(throws: ReceiptTokenError.malformed) { try SignedAcceptance(token: "CKA1:" + custody.dropFirst(5)) }
    }

    @Test func everyFlippedBitIsNoticed() throws {
        let key = try KioskKey(pem: CustodyExample.kioskKey)
        let platform = try #require(AcknowledgementKey(pem: CustodyExample.platformKey))
        func isGenuine(_ text: String) -> Bool {
            switch try? ReceiptToken(text) {
            case .custody(let signed): (try? signed.verify(with: key)) ?? false
            case .acceptance(let signed): signed.verify(with: platform)
            case nil: false
            }
        }
        for token in [CustodyExample.custodyToken, CustodyExample.acceptanceToken] {
            #expect(isGenuine(token))
            // In what it stands for, and in the text.
            let bytes = try #require(Base45.decode(token.dropFirst(5)))
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << (bit % 8)
                if isGenuine(token.prefix(5) + Base45.encode(changed)) { Issue.record("bit \(bit)") }
            }
            for bit in 0..<token.utf8.count * 8 {
                var changed = Array(token.utf8)
                changed[bit / 8] ^= 1 << (bit % 8)
                if isGenuine(String(decoding: changed, as: UTF8.self)) { Issue.record("bit \(bit) of the text") }
            }
        }
    }

    @Test func whatIsCutOrTooLongIsRefused() throws {
        let token = CustodyExample.custodyToken
        for length in 0..<token.count { #expect(throws: ReceiptTokenError.self) { try ReceiptToken(String(token.prefix(length))) } }
        for tail in ["0", "00", "000", token] { #expect(throws: ReceiptTokenError.self) { try ReceiptToken(token + tail) } }
        // Signed, and more after it: fields that are none.
        let bytes = try #require(Base45.decode(token.dropFirst(5)))
        let longer = bytes.dropLast(64) + Data([0]) + bytes.suffix(64)
        #expect(throws: ReceiptTokenError.malformed) { try ReceiptToken("CKR1:" + Base45.encode(Data(longer))) }
        #expect(throws: ReceiptTokenError.tooLong) { try ReceiptToken("CKR1:" + String(repeating: "0", count: 508)) }
        #expect(throws: ReceiptTokenError.tooLong) { try ReceiptToken(token + String(repeating: " ", count: 10_000)) }
    }

    @Test(arguments: [
        ("", ReceiptTokenError.notAReceipt), ("hall-1-20270115-5760042", .notAReceipt), ("CKR2:000", .notAReceipt), ("ckr1:000", .notAReceipt),
        ("CKR1:", .malformed), ("CKR1:000", .malformed), ("CKR1:0", .badText), ("CKR1:abc", .badText), ("CKR1::::", .badText),
        ("CKR1:00\u{301}0", .badText),
    ])
    func garbageSaysWhatItIs(_ text: String, _ error: ReceiptTokenError) {
        #expect(throws: error) { try ReceiptToken(text) }
        #expect(text.isEmpty || !"\(error)".contains(text))
    }

    @Test func onlyWhatCanBeReadIsSigned() throws {
        let key = try KioskPrivateKey()
        let changes: [(inout CustodyReceipt) -> Void] = [
            { $0.id = UUID() }, { $0.kiosk = "Hall" }, { $0.kiosk = "" }, { $0.reference = "" }, { $0.reference = "two words" },
            { $0.reference = String(repeating: "r", count: 65) }, { $0.reference = "回执" }, { $0.digest = "" }, { $0.materials = -1 },
            { $0.materials = 65 },
        ]
        for (index, change) in changes.enumerated() {
            var receipt = try CustodyExample.receipt()
            change(&receipt)
            #expect(throws: ReceiptTokenError.malformed, "change \(index)") { try key.sign(receipt) }
        }
    }

    @Test func theLongestTokensFit() throws {
        var receipt = try CustodyExample.receipt()
        receipt.kiosk = String(repeating: "k", count: KioskName.longest)
        receipt.reference = String(repeating: "r", count: 64)
        receipt.materials = CustodyReceipt.mostMaterials
        let key = try KioskPrivateKey()
        #expect(try SignedCustodyReceipt(token: key.sign(receipt).token).receipt == receipt)
        let acceptance = Acceptance(of: receipt, applicationNumber: String(repeating: "9", count: 64), acceptedAt: Date())
        let token = try AcknowledgementSigner().sign(acceptance).token
        #expect(try token.count <= ReceiptToken.longest && SignedAcceptance(token: token).acceptance == acceptance)
    }

    @Test(arguments: [-1e300, 1e300, -1, Double.infinity, Double.nan]) func anAbsurdDateTrapsNothing(_ seconds: Double) throws {
        var receipt = try CustodyExample.receipt()
        receipt.heldAt = Date(timeIntervalSince1970: seconds)
        let token = try KioskPrivateKey().sign(receipt).token
        #expect((try? SignedCustodyReceipt(token: token))?.receipt.heldAt != receipt.heldAt)
    }

    @Test func thePlatformsKeyTravelsAsPEM() throws {
        let key = AcknowledgementSigner().publicKey
        #expect(AcknowledgementKey(pem: key.pem) == key && AcknowledgementKey(pem: key.pem + "\r\n") == key)
        #expect(AcknowledgementKey(pem: CustodyExample.kioskKey) == nil)
        #expect(AcknowledgementKey(pem: key.pem.replacingOccurrences(of: "PUBLIC", with: "PRIVATE")) == nil)
        #expect(AcknowledgementKey(pem: "no key") == nil)
        #expect(throws: KioskKeyError.self) { try KioskKey(pem: key.pem) }
    }
}

@Suite struct Base45Tests {
    /// The examples of RFC 9285, 4.3 and 4.4.
    @Test(arguments: [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0"), ("", "")])
    func theExamplesOfTheStandard(_ plain: String, _ encoded: String) {
        #expect(Base45.encode(Data(plain.utf8)) == encoded)
        #expect(Base45.decode(encoded) == Data(plain.utf8))
    }

    /// RFC 9285, 6: FGW stands for 65535, the next for more than two bytes hold; so with one byte.
    @Test func whatStandsForTooMuchIsRefused() {
        #expect(Base45.decode("FGW") == Data([255, 255]) && Base45.decode("GGW") == nil && Base45.decode(":::") == nil)
        #expect(Base45.decode("U5") == Data([255]) && Base45.decode("V5") == nil && Base45.decode("::") == nil)
        for text in ["A", "ABCD", "bb8", "BB8\n", "BÄ8", "B,8"] { #expect(Base45.decode(text) == nil) }
    }

    @Test func allBytesReadBackAndNoTextEndsWithABlank() {
        for value in 0...0xFFFF {
            let bytes = Data([UInt8(value >> 8), UInt8(value & 0xFF)])
            let text = Base45.encode(bytes)
            if Base45.decode(text) != bytes || text.hasSuffix(" ") { Issue.record("\(value)") }
        }
        for value in 0...0xFF {
            let text = Base45.encode(Data([UInt8(value)]))
            if Base45.decode(text) != Data([UInt8(value)]) || text.hasSuffix(" ") { Issue.record("\(value)") }
        }
    }
}
