/// `worker`: stands where a device would, for a host that has none.
struct WorkerDevice: VMDevice {
    var isPlugged: Bool { true }

    func plug(within deadline: Duration) async throws {}

    func unplug(within deadline: Duration) async throws {
        throw DeviceTrouble("a worker has no plug")
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        throw DeviceTrouble("a worker has no verbs; everything is in its commands")
    }

    func end() async {}
}
