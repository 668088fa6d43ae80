/// The address that the page frames: the same as long as it leads to the same kioskd and the page wasn't loaded anew, as each opens only once.
actor TouchscreenAddress {
    private let process: @Sendable () async -> Int32?
    private let ask: @Sendable () async -> String?
    /// Whoever asks while it is being asked for gets the same one: the page would load the touchscreen anew under a citizen's finger.
    private var asked: (process: Int32?, address: Task<String?, Never>)?

    /// - Parameters:
    ///   - process: kioskd's id, nil while it doesn't run
    ///   - ask: a start address that wasn't used; nil while kioskd can't be asked
    init(ofProcess process: @escaping @Sendable () async -> Int32?, asking ask: @escaping @Sendable () async -> String?) {
        self.process = process
        self.ask = ask
    }

    func renew() { asked = nil }

    /// Nil while kioskd can't be asked.
    func current() async -> String? {
        let process = await process()
        let held = asked.flatMap { $0.process == process ? $0.address : nil } ?? Task { [ask] in await ask() }
        asked = (process, held)
        let address = await held.value
        if address == nil, asked?.address == held { asked = nil }
        return address
    }
}
