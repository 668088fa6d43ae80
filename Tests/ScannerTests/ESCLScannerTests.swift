internal import Bench
internal import DeviceLink
internal import Dispatch
internal import Foundation
internal import Glibc
internal import KioskModel
internal import Testing

extension ScannerTests {
    /// What only the eSCL simulator can provoke, through the real sane-airscan.
    @Suite struct ESCL {
        private static let options = ["device": "airscan:e0:Virtual"]
        private static let request = ScanRequest(resolution: 100, maxPages: 10)

        private static func loaded(_ count: Int) async throws -> ESCLScannerSimulator {
            let simulator = try await ScannerRig.reset().simulator
            await simulator.load(pages: Array(repeating: try #require(ScannerRig.page), count: count))
            return simulator
        }

        /// Runs a program to its end, its output thrown away; returns its exit status.
        private static func run(_ arguments: [String]) async throws -> Int32 {
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            for descriptor: Int32 in 1...2 { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0) }
            var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
            defer { for string in strings { free(string) } }
            var child: pid_t = 0
            try #require(posix_spawn(&child, arguments[0], &actions, nil, &strings, environ) == 0)
            let started = child
            return await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    var status: Int32 = 0
                    while waitpid(started, &status, 0) < 0, errno == EINTR {}
                    continuation.resume(returning: status & 0x7F == 0 ? (status >> 8) & 0xFF : -1)
                }
            }
        }

        @Test func `An empty feeder asks for pages, and takes them then`() async throws {
            let simulator = try await Self.loaded(0)
            let driver = try DriverThread(Self.options)
            #expect(await driver.scan(Self.request).remedy == .insertPages)
            await simulator.load(pages: [try #require(ScannerRig.page)])
            #expect(await driver.scan(Self.request).scanned == 1)
        }

        @Test(arguments: [(ESCLScannerSimulator.Condition.jam, CitizenRemedy.pullOutJammedPage), (.coverOpen, .closeCover)])
        func `A condition before the first page is a remedy that goes away`(
            condition: ESCLScannerSimulator.Condition, remedy: CitizenRemedy
        ) async throws {
            let simulator = try await Self.loaded(1)
            await simulator.setCondition(condition)
            let driver = try DriverThread(Self.options)
            #expect(await driver.scan(Self.request).remedy == remedy)
            await simulator.setCondition(.ready)
            #expect(await driver.scan(Self.request).scanned == 1)
        }

        @Test(arguments: [(ESCLScannerSimulator.PageFailure.jam, CitizenRemedy.pullOutJammedPage), (.coverOpen, .closeCover)])
        func `A condition at the third page keeps the two before`(failure: ESCLScannerSimulator.PageFailure, remedy: CitizenRemedy) async throws {
            let simulator = try await Self.loaded(4)
            await simulator.failPage(after: 2, with: failure)
            let run = await (try DriverThread(Self.options)).scan(Self.request)
            #expect(run.remedy == remedy)
            #expect(run.pages.map(\.index) == [0, 1])
        }

        @Test func `A scanner that answers with an error is a fault`() async throws {
            let simulator = try await Self.loaded(1)
            await simulator.failPage(with: .serverError)
            let run = await (try DriverThread(Self.options)).scan(Self.request)
            #expect(run.fault?.code == "scanner.io-error")
        }

        @Test func `What is beyond the page limit stays in the feeder, but for the page read ahead`() async throws {
            let simulator = try await Self.loaded(5)
            let run = await (try DriverThread(Self.options)).scan(ScanRequest(resolution: 100, maxPages: 2))
            #expect(run.scanned == 2)
            #expect(await simulator.pagesLoaded >= 2)
        }

        @Test func `Debian's scanimage gets the same page`() async throws {
            let simulator = try await Self.loaded(2)
            let folder = simulator.saneConfigDirectory.appending(path: "scanimage")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // scanimage answers 7, SANE_STATUS_NO_DOCS, when a batch has emptied the feeder.
            let status = try await Self.run([
                "/usr/bin/scanimage", "-d", simulator.saneDeviceName, "--source", "ADF", "--mode", "Gray", "--resolution", "100",
                "-x", "210", "-y", "297", "--format=pnm", "--batch=\(folder.path)/page%d.pnm",
            ])
            #expect([0, 7].contains(status))
            await simulator.load(pages: [try #require(ScannerRig.page)])
            let run = await (try DriverThread(Self.options)).scan(ScanRequest(resolution: 100, mode: .gray, maxPages: 1))
            let page = try #require(run.pages.first)
            let ours = try #require(run.files.first).withBytes { Array($0) }
            for number in 1...2 {
                let theirs = try Data(contentsOf: folder.appending(path: "page\(number).pnm"))
                #expect(Array(theirs.suffix(page.byteCount)) == ours)
            }
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "page3.pnm").path))
        }

        @Test func `The pixels are those of the picture that was fed`() async throws {
            _ = try await Self.loaded(1)
            let run = await (try DriverThread(Self.options)).scan(ScanRequest(resolution: 200, maxPages: 1))
            let page = try #require(run.pages.first)
            let fed = try ScannerPicture.pixels(of: try #require(ScannerRig.page))
            #expect(abs(page.width - fed.width) <= 2)
            #expect(abs(page.height - fed.height) <= 2)
            try #require(run.files.first).withBytes { bytes in
                var difference = 0, dark = 0, count = 0
                for row in 0..<min(page.height, fed.height) {
                    for byte in 0..<min(page.width, fed.width) * 3 {
                        let scanned = Int(bytes[row * page.bytesPerRow + byte])
                        difference += abs(scanned - Int(fed.bytes[row * fed.width * 3 + byte]))
                        dark += scanned < 128 ? 1 : 0
                        count += 1
                    }
                }
                #expect(Double(difference) / Double(count) < 1)
                #expect(dark > count / 200, "the page has ink on it")
            }
        }

        @Test(arguments: [0, 1, 2]) func `A cancel while the scanner hangs is honoured at once`(pagesBefore: Int) async throws {
            let simulator = try await Self.loaded(3)
            await simulator.stall(after: pagesBefore)
            let driver = try DriverThread(Self.options)
            let (asked, tell) = AsyncStream<ContinuousClock.Instant>.makeStream()
            let cancelOnceHeld: @Sendable (CommandContext) -> Void = { command in
                Task {
                    await simulator.heldRequest()
                    tell.yield(.now)
                    command.cancel()
                }
            }
            // sane-airscan asks for the next page while this one is being read: the cancel waits for both.
            let run = await driver.scan(
                Self.request, started: { if pagesBefore == 0 { cancelOnceHeld($0) } },
                onPage: { page, command in if page.index == pagesBefore - 1 { cancelOnceHeld(command) } })
            let answered = ContinuousClock.now
            await simulator.release()
            #expect(run.cancelled)
            #expect(run.pages.count == pagesBefore)
            let since = try #require(await asked.first { _ in true })
            #expect(answered - since < .milliseconds(500))
        }

        @Test func `Both sides of each sheet come front before back, an empty back as a white page`() async throws {
            let simulator = try await Self.loaded(0)
            let (front, back) = (try SyntheticSheet(.dense).jpeg(), try SyntheticSheet(.photo).jpeg())
            await simulator.load(sheets: [(front, back), (front, nil)])
            let request = ScanRequest(resolution: 100, mode: .gray, source: .feederDuplex, maxPages: 10)
            let driver = try DriverThread(Self.options)
            let run = await driver.scan(request)
            #expect(run.scanned == 4)
            let ink = try run.files.map { file in try file.withBytes { bytes in bytes.count { $0 < 128 } } }
            #expect(ink[0] > 10_000 && ink[1] > 10_000 && ink[0] == ink[2] && ink[0] != ink[1])
            #expect(ink[3] == 0)
            await simulator.load(sheets: [(front, back)])
            #expect(await driver.scan(Self.request).scanned == 1, "one side alone")
        }

        @Test(arguments: [(ScanRequest.PageSize.a4, 210.0, 297.0), (.a5, 148, 210), (.idCard, 92, 62), (.whole, 216, 355.6)])
        func `The window is that of the paper, within what the source has`(size: ScanRequest.PageSize, width: Double, height: Double) async throws {
            let simulator = try await Self.loaded(0)
            let laid = try #require(ScannerRig.page)
            await simulator.lay(onPlaten: laid)
            let run = await (try DriverThread(Self.options)).scan(
                ScanRequest(resolution: 100, source: .flatbed, pageSize: size, maxPages: 1))
            let page = try #require(run.pages.first)
            #expect(abs(Double(page.width) - width / 25.4 * 100) < 4)
            #expect(abs(Double(page.height) - height / 25.4 * 100) < 4)
        }

        @Test(arguments: [(60, 100), (120, 100), (170, 150), (175, 200), (260, 300), (1200, 300)])
        func `A resolution that the scanner hasn't got becomes the nearest, and the page says which`(asked: Int, given: Int) async throws {
            let simulator = try await Self.loaded(0)
            await simulator.load(pages: [try SyntheticSheet(.letter).jpeg(resolution: 200)])
            let run = await (try DriverThread(Self.options)).scan(ScanRequest(resolution: asked, mode: .gray, maxPages: 1))
            #expect(run.pages.first?.resolution == given)
        }

        @Test(arguments: [ESCLScannerSimulator.Step.job, .page])
        func `Pulled in the midst of a scan it is a fault, then absent, and serves again once plugged in`(
            step: ESCLScannerSimulator.Step
        ) async throws {
            let simulator = try await Self.loaded(2)
            let driver = try DriverThread(Self.options)
            await simulator.unplug(at: step)
            #expect(await driver.scan(Self.request).fault?.code == "scanner.io-error")
            #expect(await driver.poll().state == .absent)
            await simulator.switchOff()
            try await simulator.switchOn()
            #expect(await driver.poll().state == .ready)
            #expect(await driver.scan(Self.request).scanned == 2)
        }

        @Test func `A scanner that is switched off is absent, and comes back`() async throws {
            let simulator = try await Self.loaded(1)
            let driver = try DriverThread(Self.options)
            #expect(await driver.poll().state == .ready)
            await simulator.switchOff()
            let off = await driver.poll()
            try await simulator.switchOn()
            #expect(off.state == .absent)
            #expect(off.fault?.code == "scanner.io-error")
            #expect(await driver.poll().state == .ready)
        }
    }
}
