import ArgumentParser
import Foundation
import LocalAPI
import PlatformAPI

struct QueueVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Look at everything that lies in the queue, and set aside what is damaged.",
        discussion: """
            The database is checked, files that belong to no item are removed, and every sealed file is compared with what was committed. Items with a \
            damaged file go to quarantine; everything else goes on. Ctrl-C ends the waiting, and on a stopped kiosk the verification; nothing is lost by it.

            With --repair a database that is damaged or lost is made anew, of the rows that can still be read and of what the sealed files say of themselves; \
            the damaged one is kept in damaged/. What isn't known to be delivered is delivered, once more if need be: the platform takes nothing twice.
            """)

    @Flag(help: "Make a damaged database anew. Only with --data, on a stopped kiosk.")
    var repair = false

    @Option(
        name: .customLong("key"),
        help: ArgumentHelp(
            "The kiosk's key, or its public half: with --repair only files that it signed are taken. May be given more than once, for keys that the kiosk had before.",
            valueName: "file"), completion: .file())
    var keys: [String] = []

    @OptionGroup var options: QueueOptions

    func validate() throws {
        if repair, options.data == nil { throw ValidationError("--repair needs --data: stop kioskd, and name the directory of its outbox.") }
        if !keys.isEmpty, !repair { throw ValidationError("--key is for --repair.") }
    }

    func run() async throws {
        var line = ProgressLine("verifying")
        func show(_ report: QueueVerificationReport) { line.show(report.items, of: report.total, bytes: report.bytes) }
        defer { line.clear() }
        if repair, let data = options.data {
            let packets = PacketInspector(keys: try keys.map(publicKey))
            try options.global.print(try await options.global.exiting { try StoppedQueue.repair(data, packets: packets, show) })
        } else {
            try await options.answer { try await $0.verify(show) }
        }
    }

    private func publicKey(_ path: String) throws -> KioskKey {
        guard let pem = try? String(contentsOfFile: path, encoding: .utf8) else { throw ValidationError("--key: \(path) can't be read.") }
        let isSupported: Bool
        do { return try KioskKey(pem: pem) } catch { isSupported = error as? KioskKeyError != .unsupported }
        if let key = try? KioskPrivateKey(contentsOf: URL(fileURLWithPath: path)) { return key.publicKey }
        guard isSupported else { throw ValidationError("--key: \(path) holds no key of P-256, and \(NationalCryptoError.failed).") }
        throw ValidationError("--key: \(path) holds no key of P-256 or SM2; take the one that `kioskctl key make` wrote.")
    }
}
