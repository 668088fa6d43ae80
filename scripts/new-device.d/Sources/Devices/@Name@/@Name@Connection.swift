internal import @Name@Shim
internal import DeviceLink
internal import LineShim

/// An open line to the device. Turns the shim's one blocking wait into steps short enough to notice a cancelled command.
final class @Name@Connection {
    private let handle: OpaquePointer
    private static let stepMilliseconds: Int32 = 100

    /// Over any line, which is closed with it. `limit` in milliseconds.
    init(line: kiosk_line, limit: Int32) throws(@Name@Failure) {
        var line = line
        var opened: OpaquePointer?
        let result = kiosk_@c@_open(&line, limit, &opened)
        guard result == 0, let opened else { throw @Name@Failure(code: result) }
        handle = opened
    }

    deinit {
        kiosk_@c@_close(handle)
    }

    /// The text of the answer about `topic`, two capitals. `limit` in milliseconds.
    func ask(_ topic: String, limit: Int32, context: CommandContext) throws -> String {
        try context.checkCancelled()
        let asked = kiosk_@c@_ask(handle, topic, limit)
        guard asked == 0 else { throw @Name@Failure(code: asked) }
        let end = ContinuousClock.now + .milliseconds(limit)
        var text = [UInt8](repeating: 0, count: Int(KIOSK_@C@_TEXT))
        while true {
            let left = Int32(max(0, (end - ContinuousClock.now) / .milliseconds(1)).rounded(.up))
            let result = kiosk_@c@_answer(handle, &text, min(left, Self.stepMilliseconds))
            if result > 0 { return String(decoding: text.prefix(Int(result)), as: UTF8.self) }
            let failure = @Name@Failure(code: result)
            guard left > 0, failure.isSilence else { throw failure }
            try context.checkCancelled()
        }
    }
}
