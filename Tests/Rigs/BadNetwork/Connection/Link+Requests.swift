import NIOCore
import NIOHTTP1
import NIOPosix

/// What the decoder made of the client's bytes since it was last asked, and the request that they belong to.
struct RequestReader {
    enum Place { case between, inside, unknown }

    /// Where the client's stream stands. Unknown for good once it turns out not to be HTTP.
    var place = Place.between
    /// Bytes of a request whose head isn't complete.
    var head = ByteBuffer()
    /// The request under way, or the last one.
    var request: ProxiedRequest?

    /// The first head in the bytes that were decoded last.
    var newHead: HTTPRequestHead?
    /// Whether they end with the end of a request; nil when they hold neither a head nor an end.
    var isComplete: Bool?
    var failed = false
}

/// A request on its way through the proxy.
final class ProxiedRequest {
    /// Counts over all connections, by the time of the head.
    let number: Int
    let method: HTTPMethod
    let up: Passage
    let down: Passage
    /// What the proxy answers itself.
    let answer: ActiveEffect?
    let copy: (effect: ActiveEffect, order: NetworkEffect.CopyOrder)?
    let reorder: ActiveEffect?
    /// What is to be sent a second time.
    var bytes = ByteBuffer()
    var isComplete = false
    var isAnswered = false

    init(number: Int, method: HTTPMethod, connection: [ActiveEffect], own: [ActiveEffect]) {
        self.number = number
        self.method = method
        up = Passage(own, .upstream)
        down = Passage(own, .downstream)
        let all = (connection + own).sorted { $0.id.number < $1.id.number }
        answer = all.first { if case .answer = $0.effect { $0.isLive } else { false } }
        // What the platform never sees can't be late or come twice.
        let sent = answer == nil ? all : []
        reorder = sent.first { $0.effect == .reorder && $0.isLive }
        copy =
            sent.lazy.compactMap { active -> (effect: ActiveEffect, order: NetworkEffect.CopyOrder)? in
                if case .duplicate(let order) = active.effect, active.isLive { (active, order) } else { nil }
            }.first
    }
}

extension Link {
    /// Bytes that the decoder has just been shown.
    ///
    /// Clients of this age send one request at a time. Of several in one piece the rules for requests take hold of the first.
    func received(_ bytes: ByteBuffer) {
        let (newHead, isComplete, failed) = (reader.newHead, reader.isComplete, reader.failed)
        reader.newHead = nil
        reader.isComplete = nil
        switch reader.place {
        case .between:
            reader.head.writeImmutableBuffer(bytes)
            let known = reader.head
            if failed || newHead != nil || !proxy.book.concernsRequests && !effects.contains(where: { $0.direction == nil }) {
                reader.head = ByteBuffer()
                if let newHead, !failed { begin(newHead) }
                forward(known)
            }
        case .inside, .unknown: forward(bytes)
        }
        if failed {
            reader.place = .unknown
        } else if let isComplete {
            if isComplete { completed() }
            reader.place = isComplete ? .between : .inside
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        let own = proxy.book.request(method: head.method.rawValue, path: head.uri)
        let request = ProxiedRequest(number: proxy.waiting.next(), method: head.method, connection: effects, own: own)
        reader.request = request
        if let reorder = request.reorder, let lane = lanes?.up {
            reorder.fireAgain()
            lane.hold()
            let lanes = NIOLoopBound(lane, eventLoop: client.eventLoop)
            proxy.waiting.hold(request.number) { [loop = client.eventLoop] in loop.execute { lanes.value.release() } }
        }
        if let order = request.copy?.order, order != .after { lanes?.up.hold() }
    }

    private func forward(_ bytes: ByteBuffer) {
        guard reader.place != .between || reader.request.map({ !$0.isComplete }) ?? false, let request = reader.request else {
            lanes?.up.send(bytes, of: nil)
            return
        }
        if request.answer != nil { return }
        if request.copy != nil { request.bytes.writeImmutableBuffer(bytes) }
        lanes?.up.send(bytes, of: request.up)
    }

    private func completed() {
        guard let request = reader.request, !request.isComplete else { return }
        request.isComplete = true
        if case .answer(let status, let headers, let body)? = request.answer?.effect {
            request.answer?.fireAgain()
            lanes?.down.send(Self.render(status, headers, body, to: request.method), of: request.down)
        }
        switch request.copy?.order {
        case .before: sendCopy(of: request) { self.lanes?.up.release() }
        case .beside:
            sendCopy(of: request) {}
            lanes?.up.release()
        case .after, nil: copyAnswered(request)
        }
    }

    /// Bytes of the platform.
    func answered(_ bytes: ByteBuffer) {
        let request = reader.request
        if let request, !request.isAnswered {
            request.isAnswered = true
            proxy.waiting.answered(request.number)
        }
        lanes?.down.send(bytes, of: request?.down)
        if let request { copyAnswered(request) }
    }

    private func copyAnswered(_ request: ProxiedRequest) {
        guard request.isComplete, request.isAnswered, request.copy?.order == .after else { return }
        sendCopy(of: request) {}
    }

    func clientEnded(isWhole: Bool) {
        // A head that never became complete goes before the end.
        if reader.head.readableBytes > 0 {
            lanes?.up.send(reader.head, of: nil)
            reader.head = ByteBuffer()
        }
        if let request = reader.request, !request.isComplete {
            // It ended in the middle: there is nothing that could be sent twice.
            request.isComplete = true
            if let order = request.copy?.order, order != .after { lanes?.up.release() }
        }
        lanes?.up.end(isWhole: isWhole, of: reader.request?.up)
    }

    func platformEnded(isWhole: Bool) {
        lanes?.down.end(isWhole: isWhole, of: reader.request?.down)
    }

    /// Sends the request on a connection of its own. `done` is called once, when it has been answered or can't be.
    private func sendCopy(of request: ProxiedRequest, done: @escaping () -> Void) {
        let bytes = request.bytes
        request.bytes = ByteBuffer()
        guard bytes.readableBytes > 0 else { return }
        request.copy?.effect.fireAgain()
        let sender = CopySender(bytes: bytes, proxy: proxy, done: done)
        let bound = NIOLoopBound(sender, eventLoop: client.eventLoop)
        ClientBootstrap(group: client.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .connect(host: "127.0.0.1", port: proxy.target)
            .whenFailure { _ in bound.value.finish() }
    }

    private static func render(_ status: Int, _ headers: [String: String], _ body: String, to method: HTTPMethod) -> ByteBuffer {
        var fields = headers
        fields["Content-Length"] = String(body.utf8.count)
        let lines =
            ["HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)"]
            + fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + (method == .HEAD ? "" : body))
    }
}
