@testable import DeviceLink
import KioskModel

/// What a device host hears: a kioskd that says anything, against the real link and worker of a host. And what a host says: however wild its driver,
/// kioskd must be able to take it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHostEnd(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withoutLeftovers {
        HostEndRun(Script(UnsafeBufferPointer(start: start, count: count))).go()
    }
    return 0
}

private struct HostEndRun {
    /// Threads that have ended, of the three: the link's, the driver's, and the listener's.
    private let ended = Monitor(0)
    private let script: Script

    init(_ script: Script) {
        self.script = script
    }

    func go() {
        let (channel, peer) = Peer.pair()
        let link = HostLink(channel)
        let texts = script.steps.compactMap { if case .text(let text) = $0 { text } else { nil } }
        thread { demand([HostExitCode.linkClosed, HostExitCode.protocol].contains(link.serve()), "the host ended in another way") }
        thread {
            var worker = DriverWorker(link: link, options: [:], recordingLimit: HostMain.recordingLimit) { _ in try WildDriver(texts) }
            worker.run()
            link.driverEnded()
        }
        thread { Listener().hear(peer.channel) }
        for case .datagram(let datagram) in script.steps where !peer.send(datagram) { break }
        peer.channel.shutdown()
        ended.wait { $0 == 3 ? .done(()) : .until(nil) }
    }

    private func thread(_ body: @escaping @Sendable () -> Void) {
        let ended = ended
        let started: Void? = try? BlockingThread.start("fuzz") {
            body()
            ended.update { $0 += 1 }
        }
        demand(started != nil, "no thread")
    }
}

/// kioskd's reader, which believes nothing.
private struct Listener {
    func hear(_ channel: LinkChannel) {
        var completed: Set<CommandID> = []
        while true {
            let next: (message: HostMessage, files: [MemoryFile])?
            do {
                next = try channel.receive(HostMessage.self, timeout: .seconds(600))
            } catch .violation(let violation) {
                give("the host broke the protocol: \(violation)")
            } catch {
                return
            }
            switch next?.message {
            case .status(let status): demand(status.isClean, "a report that kioskd won't take")
            case .progress(_, .printing(let printing)):
                let clean = printing.reasons.allSatisfy { LinkText.isClean($0, maxBytes: LinkText.maxReason) }
                demand(clean && printing.reasons.count <= LinkText.maxEntries, "reasons that kioskd won't take")
            case .completion(let id, let completion):
                demand(completed.insert(id).inserted, "command \(id) was completed twice")
                if case .fault(let fault) = completion { demand(fault.isClean, "a fault that kioskd won't take") }
            case .pong, .progress: break
            case .hello, nil: give("a message without a reason")
            }
        }
    }
}
