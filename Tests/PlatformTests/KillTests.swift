import Foundation
import PlatformAPI
import PlatformClient
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The real executable, killed with SIGKILL.
@Suite struct KillTests {
    /// platformd beside the test executable, on one data directory.
    private final class Server {
        let data = FileManager.default.temporaryDirectory.appendingPathComponent("platformd-\(UUID())")
        private var process: Process?

        private static var executable: URL {
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("platformd")
        }

        static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
            let process = Process()
            let pipe = Pipe()
            process.executableURL = executable
            process.arguments = arguments
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            try process.run()
            let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }

        /// bytes; 0 for a file that does not exist yet
        static func size(_ file: URL) -> Int {
            var status = stat()
            return stat(file.path, &status) == 0 ? Int(status.st_size) : 0
        }

        /// The address it listens on.
        func start(port: Int = 0) throws -> URL {
            let process = Process()
            let pipe = Pipe()
            process.executableURL = Self.executable
            process.arguments = [
                "serve", "--data", data.path, "--catalogue", PlatformUnderTest.catalogue.path, "--port", String(port), "--log-level", "critical",
            ]
            process.standardOutput = pipe
            try process.run()
            self.process = process
            let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .newlines)
            let prefix = "platformd: listening on "
            try #require(line.hasPrefix(prefix), "platformd did not start")
            return try #require(URL(string: String(line.dropFirst(prefix.count))))
        }

        /// - Returns: the exit status; for a killed process the signal's number.
        func end(_ signal: Int32) -> Int32 {
            guard let process else { return -1 }
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            self.process = nil
            return process.terminationStatus
        }

        deinit {
            if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
            try? FileManager.default.removeItem(at: data)
        }
    }

    @Test func killedAgainAndAgainDuringUploadsItRecordsEachPacketOnce() async throws {
        let server = Server()
        let url = try server.start()
        let port = try #require(url.port)
        let file = server.data.appendingPathComponent("credential.json")
        let key = try KioskPrivateKey()
        let publicKey = server.data.appendingPathComponent("kiosk-1.pub")
        try Data(key.publicKey.pem.utf8).write(to: publicKey)
        let enrol = [
            "enrol", "--data", server.data.path, "--kiosk", "kiosk-1", "--url", url.absoluteString, "--key", publicKey.path, "--out", file.path,
        ]
        #expect(try Server.run(enrol).status == 0)
        let kiosk = TestKiosk(credential: try KioskCredential(contentsOf: file), key: key)
        let uplink = try PlatformUplink(credential: kiosk.credential)
        let test = try TestApplication(kiosk, materialSize: 3 << 20)
        let packets = [test.application, test.material]
        let files = try packets.map { try $0.file() }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }

        // One task delivers as a queue would; the server is killed whenever the material's file has grown past the next mark.
        let delivery = Task {
            var signed = [DeliveredPacket]()
            for (packet, file) in zip(packets, files) {
                let deadline = ContinuousClock.now + .seconds(120)
                while true {
                    do {
                        signed.append(
                            try await uplink.deliver(file: file, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest))
                        break
                    } catch let error as UplinkError {
                        guard error == .unreachable || error.isRetryable, ContinuousClock.now < deadline else { throw error }
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            return signed
        }
        let received = server.data.appendingPathComponent("packets").appendingPathComponent(test.material.header.id.wireText)
        for mark in [1, 700_000, 1_500_000, 2_500_000] {
            let deadline = ContinuousClock.now + .seconds(60)
            while Server.size(received) < mark, ContinuousClock.now < deadline { await Task.yield() }
            #expect(Server.size(received) >= mark)
            #expect(server.end(SIGKILL) == SIGKILL)
            _ = try server.start(port: port)
        }
        let signed = try await delivery.value
        #expect(signed.map(\.signed.acknowledgement.id) == packets.map(\.header.id))
        for (index, packet) in packets.enumerated() {
            #expect(
                try await uplink.deliver(file: files[index], header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest)
                    == signed[index])
        }
        try await uplink.shutdown()
        let token = try Server.run(["operator-token", "--data", server.data.path]).output.trimmingCharacters(in: .newlines)
        var request = URLRequest(url: url.appendingPathComponent(PlatformRoute.applications))
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        let list = try PlatformJSON.decode([ApplicationSummary].self, from: try await URLSession.shared.data(for: request).0)
        #expect(list.count == 1)
        #expect(list.first?.status == .complete)
        #expect(server.end(SIGTERM) == 0)
    }

    @Test func wrongUseAndFailureHaveTheirExitCodes() throws {
        let server = Server()
        #expect(try Server.run(["serve", "--nonsense"]).status == 64)
        #expect(try Server.run(["serve", "--data", server.data.path, "--catalogue", "/nowhere", "--port", "0"]).status == 1)
        let key = server.data.appendingPathComponent("kiosk.pub")
        try FileManager.default.createDirectory(at: server.data, withIntermediateDirectories: true)
        let enrol = ["enrol", "--data", server.data.path, "--kiosk", "A", "--url", "https://x.example", "--out", "/nowhere/x", "--key", key.path]
        #expect(try Server.run(enrol).status == 64)
        try Data("no key".utf8).write(to: key)
        #expect(try Server.run(enrol).status == 64)
        try Data(try KioskPrivateKey().publicKey.pem.utf8).write(to: key)
        #expect(try Server.run(enrol).status == 1)
        #expect(try Server.run(["--help"]).output.contains("serve"))
    }

    @Test func theProfileIsChosenWithTheKeys() throws {
        let server = Server()
        let credential = server.data.appendingPathComponent("credential.json")
        let key = server.data.appendingPathComponent("kiosk.pub")
        _ = try Server.run(["operator-token", "--data", server.data.path])
        let rotate = ["rotate-key", "--data", server.data.path]
        #expect(try Server.run(rotate + ["--profile", "other"]).status == 64)
        #expect(try Server.run(rotate + ["--profile", "national"]).status == 0)
        // Nobody says it twice.
        let rotated = try Server.run(rotate)
        #expect(rotated.status == 0)
        let kioskKey = try KioskPrivateKey(profile: .national).publicKey
        try Data(kioskKey.pem.utf8).write(to: key)
        let enrol = ["enrol", "--data", server.data.path, "--kiosk", "k", "--url", "https://x.example", "--out", credential.path, "--key", key.path]
        #expect(try Server.run(enrol).status == 0)
        let written = try KioskCredential(contentsOf: credential)
        #expect(written.kioskKey == kioskKey && written.kioskKey.profile == .national)
        #expect(written.sealingKey.generation == 3 && written.sealingKey.key.profile == .national)
        #expect(written.sealingKey.key.id == rotated.output.trimmingCharacters(in: .newlines))
        #expect(written.sealingKey.verify(with: written.acknowledgementKey))
        #expect(try Server.run(rotate + ["--profile", "international"]).status == 0)
    }
}

extension UplinkError {
    var isRetryable: Bool {
        if case .retryable = self { true } else { false }
    }
}
