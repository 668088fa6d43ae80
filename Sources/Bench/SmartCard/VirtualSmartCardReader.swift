internal import Foundation
internal import Glibc
internal import Synchronization

/// A smart-card reader with a real pcscd of its own: vsmartcard's reader driver, and a card that a program plays.
///
/// pcscd's place is built in (/run/pcscd), so it runs in a mount namespace where that is a folder of ours; the driver finds it by `socketPath`.
public actor VirtualSmartCardReader {
    public enum Failure: Error {
        case noCardInserted
        /// pcscd never gave the card power.
        case noPower
        case noDriver(String)
    }

    /// Of the slot that cards are put into, as pcscd has it.
    public static let name = "Virtual PCD 00 00"
    private let folder: URL
    private let port: Int
    private var daemon: ChildProcess?
    private var slot: VirtualCardSlot?
    private let card = CardBox()
    private var hasReader = true

    /// Takes two ports: the driver has two slots, of which the first is used.
    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "pcscd-\(UUID().uuidString)", directoryHint: .isDirectory)
        for name in ["run", "with", "without"] {
            try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        port = try FreePort.pick()
        let libraries = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""].map { "/usr/lib/\($0)pcsc/drivers/serial/libifdvpcd.so" }
        guard let library = libraries.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw Failure.noDriver("vsmartcard-vpcd isn't installed; scripts/install-deps test brings it")
        }
        let number = "0x" + String(port, radix: 16)
        let text = "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:\(number)\nLIBPATH \(library)\nCHANNELID \(number)\n"
        try text.write(to: folder.appending(path: "with/vpcd"), atomically: true, encoding: .utf8)
    }

    /// Of the private pcscd.
    public nonisolated var socketPath: String { folder.appending(path: "run/pcscd.comm").path }

    public var isRunning: Bool { daemon != nil }

    /// Starts pcscd; returns when its socket is there.
    public func start() async throws {
        guard daemon == nil else { return }
        let run = folder.appending(path: "run").path
        for name in ["pcscd.comm", "pcscd.pid"] { try? FileManager.default.removeItem(atPath: run + "/" + name) }
        // With a new /run there is always a place to mount on; what pcscd writes is in our folder.
        let script = "mount -t tmpfs none /run && mkdir /run/pcscd && mount --bind \"$0\" /run/pcscd && exec pcscd --foreground --config \"$1\""
        let namespace = ["unshare", "--mount", "--propagation", "private"] + (geteuid() == 0 ? [] : ["--map-root-user"])
        let words = namespace + ["sh", "-c", script, run, folder.appending(path: hasReader ? "with" : "without").path]
        let launched = try await ChildProcess.launch(
            words, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], log: folder.appending(path: "log"))
        daemon = launched
        let socket = socketPath
        try await Poll.until("pcscd's socket", deadline: .seconds(30)) { () -> Poll.Outcome<Void> in
            FileManager.default.fileExists(atPath: socket) ? .there(()) : .notYet("no socket")
        }
    }

    /// Kills pcscd, as a crash does; a card that is in stays in the hand of whoever inserts it again.
    public func kill() async {
        let daemon = daemon
        self.daemon = nil
        await daemon?.stop()
        pull()
    }

    /// Pulls the reader out from under pcscd, or plugs it in again: it is started anew without or with it.
    public func setReader(_ isThere: Bool) async throws {
        await kill()
        hasReader = isThere
        try await start()
    }

    /// Puts a card in; returns when pcscd has given it power.
    ///
    /// vpcd tells pcscd of an empty slot only when it is looked at while it is empty: where a command found the card gone and the next one came before
    /// that look, pcscd takes the new card for the old one, which it has given up. No hand is so quick, so this one tries again.
    public func insert(_ card: VirtualSocialSecurityCard) async throws {
        pull()
        self.card.put(card)
        let end = ContinuousClock.now + .seconds(30)
        while true {
            let slot = try await connect()
            self.slot = slot
            // Five looks of pcscd's.
            if await Self.hasPower(slot, by: .now + .seconds(2)) { return }
            guard ContinuousClock.now < end else { throw Failure.noPower }
            // Whoever killed pcscd meanwhile has pulled it already.
            guard self.slot === slot else { throw Failure.noCardInserted }
            pull()
        }
    }

    private func connect() async throws -> VirtualCardSlot {
        let box = card
        let gone: @Sendable () -> Void = { Task { await self.kill() } }
        let port = port
        return try await Poll.until("the reader's port", deadline: .seconds(30)) { () -> Poll.Outcome<VirtualCardSlot> in
            let slot = VirtualCardSlot(port: port) { body in box.lend(body, readerGone: gone) }
            return slot.map { .there($0) } ?? .notYet("nobody listens")
        }
    }

    private static func hasPower(_ slot: VirtualCardSlot, by end: ContinuousClock.Instant) async -> Bool {
        while !slot.hasPower {
            guard ContinuousClock.now < end else { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    /// Pulls the card out.
    public func pull() {
        slot?.pull()
        slot = nil
    }

    /// What goes wrong once with the card that is in.
    public func inject(_ fault: VirtualSocialSecurityCard.Fault, at step: VirtualSocialSecurityCard.Step) throws {
        guard slot != nil else { throw Failure.noCardInserted }
        card.change { $0.inject(fault, at: step) }
    }

    public func stop() async {
        await kill()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// The card that is in, for the hands and for the thread that answers.
private final class CardBox: Sendable {
    private let card = Mutex<VirtualSocialSecurityCard?>(nil)

    func put(_ card: VirtualSocialSecurityCard) {
        self.card.withLock { $0 = card }
    }

    func change(_ body: (inout VirtualSocialSecurityCard) -> Void) {
        card.withLock { card in
            guard var changed = card else { return }
            body(&changed)
            card = changed
        }
    }

    func lend(_ body: (inout VirtualSocialSecurityCard) -> [UInt8]?, readerGone: @Sendable () -> Void) -> [UInt8]? {
        var answer: [UInt8]?
        var isReaderDue = false
        change { card in
            answer = body(&card)
            isReaderDue = card.isReaderDue
        }
        if isReaderDue { readerGone() }
        return answer
    }
}
