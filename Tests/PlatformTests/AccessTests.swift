import Foundation
import KioskModel
import Logging
import NIOHTTP1
import Platform
import PlatformAPI
import Testing

@Suite struct AccessTests {
    @Test func everyGuardedRouteWantsItsOwnRole() async throws {
        try await PlatformUnderTest.with { platform in
            let kiosk = try await platform.enrol("kiosk-1").token.reveal
            let admin = try Enrolment(data: platform.data).operatorToken()
            let id = UUID.v7(at: Date())
            let forKiosks: [(HTTPMethod, String)] = [
                (.GET, PlatformRoute.info), (.GET, PlatformRoute.items), (.POST, PlatformRoute.uploads), (.HEAD, PlatformRoute.upload(id)),
                (.PATCH, PlatformRoute.upload(id)), (.DELETE, PlatformRoute.upload(id)), (.GET, PlatformRoute.acknowledgement(id)),
            ]
            let forOperators = [PlatformRoute.applications, PlatformRoute.application(id), PlatformRoute.material(id, of: id)].map {
                (HTTPMethod.GET, $0)
            }
            for (method, path) in forKiosks + forOperators {
                for token in [nil, "", "kiosk-1", "kiosk-1.", "kiosk-1.wrong", "operator.wrong", kiosk + "x", String(kiosk.dropLast())] {
                    let answer = try await platform.request(method, path, token: token)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.headers.first(name: "WWW-Authenticate") != nil)
                }
            }
            for (method, path) in forKiosks { #expect(try await platform.request(method, path, token: admin).status == 403) }
            for (method, path) in forOperators { #expect(try await platform.request(method, path, token: kiosk).status == 403) }
        }
    }

    @Test func enrollingAgainEndsTheFormerCredential() async throws {
        try await PlatformUnderTest.with { platform in
            let former = try await platform.enrol("kiosk-1").token.reveal
            let present = try await platform.enrol("kiosk-1").token.reveal
            #expect(try await platform.request(.GET, PlatformRoute.info, token: former).status == 401)
            #expect(try await platform.request(.GET, PlatformRoute.info, token: present).status == 200)
        }
    }

    @Test(arguments: ["", "operator", "Kiosk", "a/b", "a.b", String(repeating: "a", count: 65)]) func namesThatAreNone(_ name: String) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("platform-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let enrolment = try Enrolment(data: directory)
        let key = try KioskPrivateKey().publicKey
        let url = try #require(URL(string: "https://city.example"))
        #expect(throws: PlatformError.self) { try enrolment.enrol(kiosk: name, platformURL: url, kioskKey: key) }
    }

    @Test func noTokenIsStored() async throws {
        try await PlatformUnderTest.with { platform in
            let secret = try #require(try await platform.enrol("kiosk-1").token.reveal.split(separator: ".").last)
            for file in try FileManager.default.subpathsOfDirectory(atPath: platform.data.path) {
                let bytes = FileManager.default.contents(atPath: platform.data.appendingPathComponent(file).path) ?? Data()
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test func aWrongMethodNamesTheRightOnes() async throws {
        try await PlatformUnderTest.with { platform in
            let answer = try await platform.request(.PUT, PlatformRoute.uploads)
            #expect(answer.status == 405)
            #expect(answer.headers.first(name: "Allow") == "OPTIONS, POST")
        }
    }

    @Test func theDocumentDescribesEveryRouteAndNoOther() async throws {
        try await PlatformUnderTest.with { platform in
            let served = try await platform.request(.GET, PlatformRoute.openAPI).body
            let document = try #require(try JSONSerialization.jsonObject(with: served) as? [String: Any])
            #expect((document["openapi"] as? String)?.hasPrefix("3.1.") == true)
            let paths = try #require(document["paths"] as? [String: [String: Any]])
            let described = paths.flatMap { path, methods in methods.keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" } }
                .sorted()
            let server = try PlatformServer(
                configuration: .init(data: platform.data, catalogue: PlatformUnderTest.catalogue), logger: Logger(label: "test"))
            #expect(described == server.routes)
            // Every reference leads somewhere.
            let schemas = try #require((document["components"] as? [String: [String: Any]]))
            let text = String(decoding: served, as: UTF8.self)
            for match in text.matches(of: /"\$ref": ?"#\/components\/([a-zA-Z]+)\/([A-Za-z]+)"/) {
                #expect(schemas[String(match.1)]?[String(match.2)] != nil, "\(match.0)")
            }
        }
    }
}
