import DeviceLink
import FoundationEssentials
import Glibc
import KioskModel
import LinkShim

/// A host that breaks the protocol in one way, with raw datagrams where the channel would refuse to.
struct Liar {
    private let hello: Hello
    private let socketPath: String
    private let socket: Int32
    private let channel: LinkChannel

    init(hello: Hello, socketPath: String, options: [String: String]) throws {
        self.hello = hello
        self.socketPath = socketPath
        socket = kiosk_link_connect(socketPath)
        guard socket >= 0 else { throw LinkFailure.system(call: "connect", code: -socket) }
        channel = LinkChannel(owning: socket)
    }

    /// Tells the lie, then waits for its end: only kioskd's cutting it off ends this process.
    func tell(_ lie: String) throws {
        switch lie {
        case "garbage-hello": raw(Array("\u{0}\u{1}not json".utf8))
        case "silent": break
        case "wrong-version":
            try channel.send(HostMessage.hello(Hello(version: 99, name: hello.name, deviceClass: hello.deviceClass)), timeout: .seconds(1))
        case "wrong-name": try channel.send(HostMessage.hello(Hello(name: "other", deviceClass: hello.deviceClass)), timeout: .seconds(1))
        case "wrong-class": try channel.send(HostMessage.hello(Hello(name: hello.name, deviceClass: .printer)), timeout: .seconds(1))
        default:
            try channel.send(HostMessage.hello(hello), timeout: .seconds(1))
            try channel.send(HostMessage.status(DeviceStatus(state: .ready)), timeout: .seconds(1))
            try afterHello(lie)
        }
        while true { pause() }
    }

    private func afterHello(_ lie: String) throws {
        switch lie {
        case "garbage": raw(Array("{\"status\":".utf8))
        case "unknown-message": raw(Array("{\"reboot\":{}}".utf8))
        case "huge-header": raw([UInt8](repeating: UInt8(ascii: " "), count: LinkChannel.maxHeader + 1))
        case "deep": raw([UInt8](repeating: UInt8(ascii: "["), count: LinkChannel.maxHeader))
        case "second-connection":
            // A ping: kioskd holds the first to be the host's.
            _ = try channel.receive(KioskMessage.self, timeout: nil)
            _ = kiosk_link_connect(socketPath)
        case "empty": _ = Glibc.send(socket, [0], 0, Int32(MSG_NOSIGNAL))
        case "second-hello": try channel.send(HostMessage.hello(hello), timeout: .seconds(1))
        case "unasked-pong": try channel.send(HostMessage.pong(7), timeout: .seconds(1))
        case "unasked-completion": try channel.send(HostMessage.completion(1, .success(.done)), timeout: .seconds(1))
        case "status-file": try channel.send(HostMessage.status(DeviceStatus(state: .ready)), files: [try page()], timeout: .seconds(1))
        case "control-characters":
            try channel.send(HostMessage.status(DeviceStatus(state: .ready, identity: ["model": "a\nforged log line"])), timeout: .seconds(1))
        case "flood":
            // Ends when kioskd has cut the link.
            while (try? channel.send(HostMessage.status(DeviceStatus(state: .ready)), timeout: .seconds(1))) != nil {}
        default: try onCommand(lie)
        }
    }

    private func onCommand(_ lie: String) throws {
        guard case (.command(let id, _, _), _)? = try channel.receive(KioskMessage.self, timeout: nil) else { return }
        let image = PageImage(index: 0, format: .gray8, width: 8, height: 4, bytesPerRow: 8, resolution: 200)
        func progress(_ image: PageImage, _ files: [MemoryFile]) throws {
            try channel.send(HostMessage.progress(id, .page(image)), files: files, timeout: .seconds(1))
        }
        switch lie {
        case "unsealed": try sendDescriptors(HostMessage.progress(id, .page(image)), [unsealed()])
        case "not-a-memfd": try sendDescriptors(HostMessage.progress(id, .page(image)), [open("/dev/zero", O_RDONLY)])
        case "wrong-size": try progress(image, [try MemoryFile.copying([UInt8](repeating: 0, count: 31))])
        case "no-file": try progress(image, [])
        case "two-files": try progress(image, [try page(), try page()])
        case "too-many-files":
            try sendRawRights(Array(try JSONEncoder().encode(HostMessage.progress(id, .page(image)))), count: LinkChannel.maxFiles + 1)
        case "overflow":
            var huge = image
            huge.width = .max
            huge.height = .max
            huge.bytesPerRow = .max
            try progress(huge, [try page()])
        case "wrong-index":
            var later = image
            later.index = 5
            try progress(later, [try page()])
        case "wrong-kind": try complete(id, .success(.printed(sheets: 1)))
        case "wrong-remedy": try complete(id, .remedy(.layCardFlat))
        case "wrong-id": try complete(id + 1, .success(.scanned(pages: 1)))
        case "uncalled-cancelled": try complete(id, .cancelled)
        case "miscounted":
            try progress(image, [try page()])
            try complete(id, .success(.scanned(pages: 2)))
        case "double-completion":
            try progress(image, [try page()])
            try complete(id, .success(.scanned(pages: 1)))
            try complete(id, .success(.scanned(pages: 1)))
        case "long-detail":
            try complete(id, .fault(DeviceFault(code: "test.long", action: .reset, detail: String(repeating: "x", count: 5000))))
        default:
            HostMain.end(HostExitCode.usage, "no such lie: \(lie)")
        }
    }

    private func complete(_ id: CommandID, _ completion: Completion) throws {
        try channel.send(HostMessage.completion(id, completion), timeout: .seconds(1))
    }

    private func page() throws -> MemoryFile { try MemoryFile.copying([UInt8](repeating: 1, count: 32)) }

    private func unsealed() -> Int32 {
        let descriptor = kiosk_memfd_create("unsealed")
        ftruncate(descriptor, 32)
        return descriptor
    }

    private func sendDescriptors(_ message: HostMessage, _ descriptors: [Int32]) throws {
        let bytes = Array(try JSONEncoder().encode(message))
        _ = kiosk_link_send(socket, bytes, bytes.count, descriptors, descriptors.count, 1000)
    }

    private func raw(_ bytes: [UInt8]) {
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// More descriptors than the shim would send, with a control message laid out by hand (64-bit Linux: 16-byte header).
    private func sendRawRights(_ bytes: [UInt8], count: Int) throws {
        let file = try page()
        var control = [UInt8]()
        withUnsafeBytes(of: UInt64(16 + 4 * count)) { control += $0 }
        withUnsafeBytes(of: Int32(SOL_SOCKET)) { control += $0 }
        withUnsafeBytes(of: Int32(1)) { control += $0 }  // SCM_RIGHTS
        for _ in 0..<count { withUnsafeBytes(of: file.descriptor) { control += $0 } }
        control += [UInt8](repeating: 0, count: (8 - control.count % 8) % 8)
        var bytes = bytes
        bytes.withUnsafeMutableBytes { payload in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
                withUnsafeMutablePointer(to: &part) { part in
                    var header = msghdr()
                    header.msg_iov = part
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = control.count
                    _ = sendmsg(socket, &header, Int32(MSG_NOSIGNAL))
                }
            }
        }
        withExtendedLifetime(file) {}
    }
}
