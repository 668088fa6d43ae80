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
        try openssl(
            ["req", "-x509", "-days", "2", "-out", authority.certificate.path, "-addext", "subjectAltName=IP:127.0.0.1"]
                + authority.newKey("Authority of a test"))
        try await body(authority)
    }

    /// - Parameters:
    ///   - name: as openssl wants it, `IP:127.0.0.1`
    ///   - days: that it is still good for; less than 0 for one that has expired
    func issue(_ name: String, days: Int = 2) throws -> TestCertificate {
        let issued = TestCertificate(directory: directory, name: "issued")
        let request = directory.appending(path: "issued.csr").path
        try Self.openssl(
            ["req", "-out", request, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=\(name)"]
                + issued.newKey("Server of a test"))
        try Self.openssl([
            "x509", "-req", "-in", request, "-CA", certificate.path, "-CAkey", key.path, "-CAcreateserial", "-copy_extensions", "copy",
            "-days", "\(days)", "-out", issued.certificate.path,
        ])
        return issued
    }

    func configuration() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate.path).map { NIOSSLCertificateSource.certificate($0) }
        return .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: key.path, format: .pem)))
    }

    private func newKey(_ subject: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(subject)", "-keyout", key.path]
    }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl made no certificate")
    }
}
