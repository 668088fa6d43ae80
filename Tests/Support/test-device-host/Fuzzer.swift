import DeviceLink
import FoundationEssentials
import Glibc
import KioskModel
import LinkShim
import SeededRandom

/// A host that says whatever its seed makes it say, with whatever descriptors, faster than it may, until it is cut off.
struct Fuzzer {
    private let socket: Int32
    private let hello: Hello
    private var random: SeededGenerator

    init(hello: Hello, socketPath: String, seed: UInt64) throws {
        self.hello = hello
        random = SeededGenerator(seed: seed)
        socket = kiosk_link_connect(socketPath)
        guard socket >= 0 else { throw LinkFailure.system(call: "connect", code: -socket) }
    }

    /// Ends only by being killed: what isn't a violation by itself becomes one by its number.
    mutating func run() throws {
        // One in eight lies from the first word on.
        if Int.random(in: 0..<8, using: &random) > 0 { send(Array(try JSONEncoder().encode(HostMessage.hello(hello)))) }
        while send(try message(), descriptors: descriptors()) {}
        while true { pause() }
    }

    private mutating func message() throws -> [UInt8] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return noise(Int.random(in: 1...200, using: &random))
        case 1: return noise(LinkChannel.maxHeader + Int.random(in: -1...64, using: &random))
        case 2: return [UInt8](repeating: UInt8(ascii: "["), count: Int.random(in: 1...LinkChannel.maxHeader, using: &random))
        case 3: return Array(try valid().prefix(Int.random(in: 1...40, using: &random)))
        case 4, 5:
            var bytes = try valid()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            return bytes
        default: return try valid()
        }
    }

    /// A message that would be in order at some time.
    private mutating func valid() throws -> [UInt8] {
        let id = CommandID.random(in: 0...3, using: &random)
        let image = PageImage(
            index: Int.random(in: -1...2, using: &random), format: .gray8, width: [8, .max, -1, 0].randomElement(using: &random) ?? 8,
            height: [4, .max].randomElement(using: &random) ?? 4, bytesPerRow: 8, resolution: 200)
        let messages: [HostMessage] = [
            .hello(hello), .pong(UInt64(id)), .progress(id, .page(image)), .progress(id, .fraction(0.5)), .progress(id, .cardFound),
            .completion(id, .success(.scanned(pages: Int.random(in: -1...3, using: &random)))), .completion(id, .cancelled),
            .completion(id, .remedy(.layCardFlat)), .status(DeviceStatus(state: .ready, identity: ["model": "fuzz"])),
            .status(DeviceStatus(state: .absent, conditions: [DeviceCondition(.doorOpen, .max)])),
        ]
        // Mostly what a host may say at any time, so that some live until they are a flood.
        let harmless = Int.random(in: 0..<3, using: &random) > 0
        return Array(try JSONEncoder().encode(harmless ? messages[8] : messages.randomElement(using: &random) ?? messages[8]))
    }

    private mutating func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }

    /// Mostly none; else memfds with and without seals, a file that is none, and sometimes too many.
    private mutating func descriptors() -> [Int32] {
        guard Int.random(in: 0..<6, using: &random) == 0 else { return [] }
        return (0..<Int.random(in: 1...LinkChannel.maxFiles, using: &random)).map { _ in
            let descriptor = Bool.random(using: &random) ? kiosk_memfd_create("fuzz") : open("/dev/null", O_RDONLY | O_CLOEXEC)
            if Bool.random(using: &random) { ftruncate(descriptor, off_t(Int.random(in: 0...1 << 40, using: &random))) }
            return descriptor
        }
    }

    @discardableResult
    private func send(_ bytes: [UInt8], descriptors: [Int32] = []) -> Bool {
        defer { for descriptor in descriptors { close(descriptor) } }
        let sent = kiosk_link_send(socket, bytes, bytes.count, descriptors, descriptors.count, 1000)
        // What the shim refuses to send (too long) goes out raw.
        if sent == -EMSGSIZE || sent == -EINVAL { return Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) >= 0 }
        return sent >= 0
    }
}
