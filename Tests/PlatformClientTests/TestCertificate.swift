import Foundation
import NIOSSL
import Testing

/// A certificate and its key, made by openssl for one test.
struct TestCertificate: Sendable {
    let directory: URL
    let name: String

    var certificate: URL { directory.appending(path: "\(name).pem") }
    private var key: URL { directory.appending(path: "\(name).key") }

    /// Lends one that signed itself, good for signing others and for 127.0.0.1.
    static func with(_ body: (TestCertificate) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let authority = TestCertificate(directory: directory, name: "authority")
        try authority.make("/CN=Authority of a test", ["-addext", "subjectAltName=IP:127.0.0.1"])
        try await body(authority)
    }

    /// - Parameter name: as openssl wants it, `IP:127.0.0.1`
    func issue(_ name: String) throws -> TestCertificate {
        let issued = TestCertificate(directory: directory, name: "issued")
        try issued.make(
            "/CN=Server of a test",
            ["-CA", certificate.path, "-CAkey", key.path, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=\(name)"])
        return issued
    }

    func configuration() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate.path).map { NIOSSLCertificateSource.certificate($0) }
        return .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: key.path, format: .pem)))
    }

    private func make(_ subject: String, _ more: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments =
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", subject,
                "-keyout", key.path, "-out", certificate.path,
            ] + more
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl made no certificate")
    }
}
