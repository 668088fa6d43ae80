import DeviceLink

extension HostCommand.Family {
    /// `decodePhoto PHOTO`: a synthetic photo that tells the test decoder how to behave (Tests/Support/test-photo-decoder), or `broken`, which is none.
    static let photos = HostCommand.Family(names: ["decodePhoto"]) { (_, arguments) throws(DeviceTrouble) in
        let known = ["good": "d", "confined": "p", "crash": "c", "hang": "h", "fail": "f", "small": "s", "short": "l", "long": "m", "endless": "e"]
        guard let name = arguments.first, arguments.count == 1, let behaviour = name == "broken" ? "d" : known[name] else {
            throw DeviceTrouble("photos are broken, \(known.keys.sorted().joined(separator: ", "))")
        }
        let content = FileContent(name: name) {
            let header: [UInt8] = [0x57, name == "broken" ? 0 : 0x4C, 102, 0, 126, 0, 50, 0] + Array(behaviour.utf8)
            return [try MemoryFile.copying(header + (9..<1024).map { UInt8(truncatingIfNeeded: $0 &* 7) })]
        }
        return HostCommand(.decodePhoto, content: content)
    }
}
