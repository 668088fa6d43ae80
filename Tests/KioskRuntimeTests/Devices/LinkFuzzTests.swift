import DeviceLink
import Foundation
import KioskModel
@testable import KioskRuntime
import LocalAPI
import SeededRandom
import Testing

/// Seeded nonsense, from real hosts over the socket and straight into the decoder.
@Suite(.timeLimit(.minutes(5)))
struct LinkFuzzTests {
    /// In a process of its own, whose descriptors and memory are nobody else's.
    @Test func hostsThatTalkNonsenseAreCutOffAndCostNothing() async throws {
        await #expect(processExitsWith: .success) {
            // The first round pays for what is made once.
            try await Self.round(seeds: 1...16)
            let (descriptors, pages) = (Self.descriptors(), Self.residentPages())
            try await Self.round(seeds: 17...48)
            let end = ContinuousClock.now + .seconds(20)
            while Self.descriptors() > descriptors && ContinuousClock.now < end { await Task.yield() }
            #expect(Self.descriptors() <= descriptors)
            // 4 KiB each: twice as many hosts may cost 32 MiB more, in threads and what the allocator keeps.
            #expect(Self.residentPages() - pages < 8192)
        }
    }

    /// Every host of the round is cut off, replaced, and cut off again.
    private static func round(seeds: ClosedRange<Int>) async throws {
        for first in stride(from: seeds.lowerBound, through: seeds.upperBound, by: 4) {
            let specs = (first..<first + 4).map { DeviceSpec(name: "fuzz\($0)", deviceClass: .scanner, options: ["fuzz": "\($0)"]) }
            try await SupervisorBed.run(specs, timing: HostileHostTests.timing) { bed in
                for spec in specs {
                    let report = try await bed.report { $0.name == spec.name && $0.restarts >= 2 }
                    #expect(report.lastExit == "signal 9", "\(spec.name): \(report.lastExit ?? "")")
                }
            }
        }
    }

    /// Twenty thousand mutants of every kind of message: decoded or refused, admitted or refused, and never a trap.
    @Test func noMessageTrapsDecoderOrRules() throws {
        var random = SeededGenerator(seed: 20_261_121)
        let (seeds, commands) = (try Self.messages.map { Array(try JSONEncoder().encode($0)) }, Self.commands)
        let file = try MemoryFile.copying([UInt8](repeating: 1, count: 32))
        var (decoded, admitted) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &random) { Self.mutate(&bytes, &random) }
            guard let message = try? JSONDecoder().decode(HostMessage.self, from: Data(bytes)) else { continue }
            decoded += 1
            let files = Bool.random(using: &random) ? [file] : []
            var rules = ReplyRules(commands.randomElement(using: &random) ?? .queryDoors)
            switch message {
            case .progress(_, let progress): if (try? rules.admit(progress, files)) != nil { admitted += 1 }
            case .completion(_, let completion):
                if (try? rules.admit(completion, files, isCancelled: Bool.random(using: &random))) != nil { admitted += 1 }
            case .status(let status): if status.isClean { admitted += 1 }
            case .hello, .pong: continue
            }
        }
        // Mutation that only ever breaks the text would prove nothing.
        #expect(decoded > 2000 && admitted > 100, "\(decoded) decoded, \(admitted) admitted")
    }

    /// A seed of the fuzz targets that nobody understands any more explores nothing. Lines of one that isn't hostile are messages, steps apart.
    @Test func everySeedIsStillSpoken() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz")
        var (heard, said) = (0, 0)
        for target in ["KioskEnd", "HostEnd"] {
            let seeds = folder.appending(path: "\(target)/seeds")
            for seed in try FileManager.default.contentsOfDirectory(atPath: seeds.path).sorted() where !seed.hasPrefix("hostile-") {
                for line in try String(contentsOf: seeds.appending(path: seed), encoding: .utf8).split(separator: "\n") {
                    guard let first = line.first, !"!~@".contains(first) else { continue }
                    let json = line.contains("|") ? line.drop { $0 != "|" }.dropFirst() : line
                    if target == "KioskEnd" {
                        #expect(Self.isSpoken(json, HostMessage.self), "\(target)/\(seed): \(json)")
                        heard += 1
                    } else {
                        #expect(Self.isSpoken(json, KioskMessage.self), "\(target)/\(seed): \(json)")
                        said += 1
                    }
                }
            }
        }
        #expect(heard > 40 && said > 20, "\(heard) messages of hosts, \(said) of kioskd")
    }

    /// As the link wants it: whole, and no other way to write the same.
    private static func isSpoken<Message: Codable>(_ json: Substring, _ type: Message.Type) -> Bool {
        let (decoder, encoder) = (JSONDecoder(), JSONEncoder())
        encoder.outputFormatting = .sortedKeys
        guard let message = try? decoder.decode(type, from: Data(json.utf8)) else { return false }
        return (try? encoder.encode(message)) == Data(json.utf8)
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(bytes[index], at: index)
        default:
            // A number becomes another that is legal JSON.
            guard let digit = bytes[index...].firstIndex(where: { (48...57).contains($0) }) else { return }
            let end = bytes[digit...].firstIndex { !(48...57).contains($0) } ?? bytes.endIndex
            let numbers = ["0", "-1", "9223372036854775807", "-9223372036854775808", "4294967296", "18446744073709551615", "1e308", "0.5", "20000"]
            bytes.replaceSubrange(digit..<end, with: Array((numbers.randomElement(using: &random) ?? "0").utf8))
        }
    }

    private static let image = PageImage(index: 0, format: .gray8, width: 8, height: 4, bytesPerRow: 8, resolution: 200)
    private static let quality = PageQuality(flaws: [.blurred], sharpness: 0.5, skew: 1, brightness: 0.5, coverage: 0.5)

    private static let messages: [HostMessage] = [
        .status(DeviceStatus(state: .ready, identity: ["usb": "1-2"], conditions: [DeviceCondition(.doorOpen, 3)])),
        .status(DeviceStatus(state: .offline, fault: DeviceFault(code: "test.fault", action: .reset, detail: "detail"))),
        .progress(1, .page(image)), .progress(1, .fraction(0.5)), .progress(1, .frame(CameraFrame(sequence: 0, width: 640, height: 480))),
        .progress(1, .printing(PrinterProgress(sheetsPrinted: 1, reasons: ["none"]))),
        .completion(1, .success(.scanned(pages: 1))), .completion(1, .success(.printed(sheets: 1))), .completion(1, .success(.done)),
        .completion(1, .success(.doors([LockerDoor(number: 1, isOpen: false), LockerDoor(number: 2, isOpen: true)]))),
        .completion(1, .success(.document(DocumentInfo(mediaType: "image/jpeg", byteCount: 32, pageCount: 1)))),
        .completion(1, .success(.raster(RasterImage(width: 64, height: 4)))), .completion(1, .success(.page(image))),
        .completion(1, .success(.quality(quality))), .completion(1, .success(.picture(CameraFrame(sequence: 1, width: 640, height: 480)))),
        .completion(1, .fault(DeviceFault(code: "test.fault", action: .replug, detail: "detail"))), .completion(1, .remedy(.scanAgain)),
        .completion(1, .cancelled),
    ]

    private static let commands: [DeviceCommand] = [
        .scan(ScanRequest(maxPages: 3)), .print(PrintRequest(title: "T")), .queryDoors, .openDoor(1), .reset, .assessPage(image),
        .renderReceiptRaster(ReceiptContent(title: "T", lines: [], footer: ""), width: 64), .renderPreview(page: image, maxWidth: 100),
        .capture(CameraRequest()), .preview(CameraRequest()), .straightenPicture(StraightenRequest()), .decodePhoto,
    ]

    private static func descriptors() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? .max
    }

    private static func residentPages() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? Int(fields[1]) ?? .max : .max
    }
}
