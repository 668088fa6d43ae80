import NIOCore

/// One direction of a connection: what one side sent, in order, until the other side has it. Confined to the event loop.
final class Lane {
    /// Above so many waiting bytes the sender isn't read from, below so many it is again.
    static let marks = (low: 64 << 10, high: 256 << 10)

    private enum Content {
        case bytes(ByteBuffer)
        /// The sender's FIN, or its end altogether.
        case end(isWhole: Bool)
    }

    private struct Item {
        var content: Content
        var request: Passage?
        let arrived = NIODeadline.now()
        var delays: [(effect: ActiveEffect, by: TimeAmount)] = []

        /// Asked again each time: a delay whose rule was removed has ended.
        var due: NIODeadline { delays.reduce(arrived) { $1.effect.isLive ? $0 + $1.by : $0 } }
    }

    private let source: any Channel
    private let destination: any Channel
    private let connection: Passage
    /// How many of so many bytes the line as a whole lets through.
    private let pass: (Int) -> Int
    /// Does what an effect says beyond this direction.
    private let perform: (NetworkEffect) -> Void

    private var queue = CircularBuffer<Item>()
    private(set) var waitingBytes = 0
    /// When the next piece may go, on a line that is slow.
    private var nextBeat = NIODeadline.uptimeNanoseconds(0)
    private var timer: Scheduled<Void>?
    private var holds = 0
    private var isPumping = false
    private var isReading = true
    /// The receiver was sent FIN: what comes now is lost.
    private var isEnded = false
    private var isAbandoned = false

    init(
        from source: any Channel, to destination: any Channel, connection: Passage, pass: @escaping (Int) -> Int,
        perform: @escaping (NetworkEffect) -> Void
    ) {
        self.source = source
        self.destination = destination
        self.connection = connection
        self.pass = pass
        self.perform = perform
    }

    func send(_ bytes: ByteBuffer, of request: Passage?) {
        guard !isAbandoned, bytes.readableBytes > 0 else { return }
        queue.append(Item(content: .bytes(bytes), request: request, delays: connection.delays() + (request?.delays() ?? [])))
        waitingBytes += bytes.readableBytes
        pump()
    }

    /// The sender is done: with sending, or wholly.
    func end(isWhole: Bool, of request: Passage?) {
        guard !isAbandoned else { return }
        queue.append(Item(content: .end(isWhole: isWhole), request: request))
        pump()
    }

    /// Lets nothing through until `release` was called as often.
    func hold() {
        holds += 1
    }

    func release() {
        holds -= 1
        pump()
    }

    /// Looks again what the rules are.
    func resume() {
        timer?.cancel()
        timer = nil
        nextBeat = .uptimeNanoseconds(0)
        pump()
    }

    /// The receiver is gone.
    func abandon() {
        isAbandoned = true
        queue.removeAll()
        waitingBytes = 0
        timer?.cancel()
        timer = nil
        regulateReading()
    }

    /// Sends what may be sent now.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        while step() {}
        isPumping = false
        regulateReading()
    }

    /// False when nothing more can be done now.
    private func step() -> Bool {
        guard holds == 0, let item = queue.first else { return false }
        let due = max(item.due, nextBeat)
        guard due <= .now() else {
            wake(at: due)
            return false
        }
        switch item.content {
        case .end(let isWhole):
            queue.removeFirst()
            // A line that drops what it is given drops the FIN too.
            if !connection.swallows, !(item.request?.swallows ?? false) { endReceiver(isWhole: isWhole) }
            return true
        case .bytes(let bytes): return send(bytes, item)
        }
    }

    private func send(_ bytes: ByteBuffer, _ item: Item) -> Bool {
        let passages = [connection, item.request].compactMap(\.self)
        cut(passages)
        guard !isAbandoned else { return false }
        if isEnded || passages.contains(where: \.swallows) {
            take(bytes.readableBytes, of: bytes)
            for passage in passages { passage.advance(bytes.readableBytes) }
            return true
        }
        guard destination.isWritable else { return false }
        var (count, wait) = (bytes.readableBytes, TimeAmount.zero)
        for passage in passages {
            let pace = passage.pace(count)
            count = pace.count
            wait = max(wait, pace.wait)
        }
        count = pass(count)
        guard count > 0, var piece = bytes.getSlice(at: bytes.readerIndex, length: count) else { return false }
        take(count, of: bytes)
        for passage in passages {
            passage.spoil(&piece)
            passage.advance(count)
        }
        if wait > .zero { nextBeat = .now() + wait }
        destination.writeAndFlush(piece, promise: nil)
        cut(passages)
        return true
    }

    /// Removes bytes from the head of the queue.
    private func take(_ count: Int, of bytes: ByteBuffer) {
        waitingBytes -= count
        var rest = bytes
        rest.moveReaderIndex(forwardBy: count)
        if rest.readableBytes == 0 { queue.removeFirst() } else { queue[queue.startIndex].content = .bytes(rest) }
    }

    private func cut(_ passages: [Passage]) {
        for passage in passages {
            while !isAbandoned, let effect = passage.nextCut()?.effect {
                switch effect {
                case .drop: passage.swallowTheRest()
                case .halfClose, .truncate: endReceiver(isWhole: false)
                default: break
                }
                perform(effect)
            }
        }
    }

    /// After what was written before.
    private func endReceiver(isWhole: Bool) {
        guard isWhole || !isEnded else { return }
        isEnded = true
        let destination = destination
        destination.writeAndFlush(ByteBuffer()).whenComplete { _ in destination.close(mode: isWhole ? .all : .output, promise: nil) }
    }

    private func wake(at deadline: NIODeadline) {
        guard timer == nil else { return }
        timer = source.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            self.pump()
        }
    }

    /// A request that is held is read to its end all the same.
    private func regulateReading() {
        let wanted = holds > 0 || waitingBytes < (isReading ? Self.marks.high : Self.marks.low)
        guard wanted != isReading else { return }
        isReading = wanted
        source.setOption(.autoRead, value: wanted).whenFailure { _ in }
    }
}
