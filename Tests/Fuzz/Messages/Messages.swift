import DeviceLink
import KioskModel

/// Single messages, many a second: each datagram is read as one from a host and as one from kioskd, and what a host may have meant by it is held against
/// the rules of every command.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMessages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withoutLeftovers {
        for case .datagram(let datagram) in Script(UnsafeBufferPointer(start: start, count: count)).steps {
            if let (message, files) = heard(datagram, HostMessage.self) { judge(message, files) }
            if let (message, _) = heard(datagram, KioskMessage.self) { repeated(message) }
        }
    }
    return 0
}

/// The datagram as the channel reads it; nil when it refuses.
private func heard<Message: Codable & Equatable>(_ datagram: Script.Datagram, _ type: Message.Type) -> (message: Message, files: [MemoryFile])? {
    var once = datagram
    once.times = 1
    let (channel, peer) = Peer.pair()
    demand(peer.send(once), "the socket refuses")
    return try? channel.receive(type, timeout: .zero)
}

/// What was read is said again, and heard as the same.
private func repeated<Message: Codable & Equatable>(_ message: Message) {
    let (channel, peer) = Peer.pair()
    guard (try? peer.channel.send(message, timeout: .zero)) != nil else { give("a message that was heard can't be said") }
    let again = try? channel.receive(Message.self, timeout: .zero)
    demand(again?.message == message, "a message that was heard is heard as another")
}

private func judge(_ message: HostMessage, _ files: [MemoryFile]) {
    repeated(message)
    switch message {
    case .hello, .pong: break
    case .status(let status): if status.isClean { Consumer.check(status) }
    case .progress(_, let progress):
        for command in Commands.all {
            var rules = ReplyRules(command)
            guard (try? rules.admit(progress, files)) != nil else { continue }
            Consumer(command).take(progress, files)
        }
    case .completion(_, let completion):
        for command in Commands.all where (try? ReplyRules(command).admit(completion, files, isCancelled: false)) != nil {
            demand(completion != .cancelled, "cancelled by nobody")
            Consumer(command).take(DeviceOutcome(completion: completion, files: files))
        }
    }
}
