internal import Bench
internal import DeviceLink
internal import FoundationEssentials
internal import KioskModel
internal import Scanner
internal import Testing

extension ScannerTests {
    /// A scanner that the contract must hold for. A recorded or a real one joins by a case.
    enum Source: String, CaseIterable, Sendable {
        /// SANE's own `test` backend: ten pages in the feeder.
        case saneTest
        /// sane-airscan against the eSCL simulator.
        case escl

        var options: [String: String] { ["device": self == .saneTest ? "test:0" : "airscan:e0:Virtual"] }

        /// The pages that lie in the feeder after this call.
        func load(_ rig: ScannerRig) async throws -> Int {
            guard self == .escl else { return 10 }
            let page = try #require(ScannerRig.page)
            await rig.simulator.load(pages: [page, page, page])
            await rig.simulator.lay(onPlaten: page)
            return 3
        }
    }

    @Suite struct Contract {
        @Test(arguments: Source.allCases) func `A present scanner polls as ready and says what it is`(source: Source) async throws {
            _ = try await ScannerRig.reset()
            let driver = try DriverThread(source.options)
            for _ in 0..<2 {
                let status = await driver.poll()
                #expect(status.state == .ready)
                #expect(status.fault == nil)
                #expect(status.identity["model"]?.isEmpty == false)
            }
        }

        @Test(arguments: Source.allCases) func `Every page of the feeder comes, each in one sealed file of its size`(source: Source) async throws {
            let rig = try await ScannerRig.reset()
            let count = try await source.load(rig)
            let run = await (try DriverThread(source.options)).scan(ScanRequest(resolution: 100, maxPages: 50))
            #expect(run.scanned == count)
            #expect(run.pages.map(\.index) == Array(0..<count))
            #expect(run.files.map(\.byteCount) == run.pages.map(\.byteCount))
            for page in run.pages {
                #expect(page.format == .rgb24)
                #expect(page.resolution == 100)
                #expect(page.bytesPerRow >= page.width * 3)
                // A4 at 100 dpi is 827 × 1169; the test backend ends at 200 mm.
                #expect((780...830).contains(page.width) && (780...1172).contains(page.height))
            }
        }

        @Test(arguments: Source.allCases) func `Gray pages have one byte a pixel`(source: Source) async throws {
            let rig = try await ScannerRig.reset()
            _ = try await source.load(rig)
            let run = await (try DriverThread(source.options)).scan(ScanRequest(resolution: 100, mode: .gray, maxPages: 1))
            #expect(run.scanned == 1)
            let page = try #require(run.pages.first)
            #expect(page.format == .gray8)
            #expect((page.width..<page.width * 2).contains(page.bytesPerRow))
        }

        @Test(arguments: Source.allCases) func `It stops at the page limit and scans again afterwards`(source: Source) async throws {
            let rig = try await ScannerRig.reset()
            _ = try await source.load(rig)
            let driver = try DriverThread(source.options)
            #expect(await driver.scan(ScanRequest(resolution: 100, maxPages: 1)).scanned == 1)
            _ = try await source.load(rig)
            #expect(await driver.scan(ScanRequest(resolution: 100, maxPages: 2)).scanned == 2)
        }

        @Test(arguments: Source.allCases) func `The glass gives one page`(source: Source) async throws {
            let rig = try await ScannerRig.reset()
            _ = try await source.load(rig)
            let run = await (try DriverThread(source.options)).scan(ScanRequest(resolution: 100, source: .flatbed, maxPages: 5))
            #expect(run.scanned == 1)
            #expect(run.pages.count == 1)
        }

        @Test(arguments: Source.allCases) func `A cancel between pages ends the scan, and the next one works`(source: Source) async throws {
            let rig = try await ScannerRig.reset()
            _ = try await source.load(rig)
            let driver = try DriverThread(source.options)
            let run = await driver.scan(
                ScanRequest(resolution: 100, maxPages: 50), onPage: { page, command in if page.index == 1 { command.cancel() } })
            #expect(run.cancelled)
            #expect(run.pages.count == 2)
            await rig.simulator.unload()
            _ = try await source.load(rig)
            #expect(await driver.scan(ScanRequest(resolution: 100, maxPages: 2)).scanned == 2)
        }

        @Test(arguments: Source.allCases) func `A command whose time is over is a fault`(source: Source) async throws {
            let rig = try await ScannerRig.reset()
            _ = try await source.load(rig)
            let run = await (try DriverThread(source.options)).scan(ScanRequest(resolution: 100, maxPages: 1), within: .zero)
            #expect(run.fault?.code == "scanner.timeout")
            #expect(run.pages.isEmpty)
        }

        @Test(arguments: ["test:9", "airscan:e9:Nothing", "nobackend:0"]) func `A device that isn't there is absent`(name: String) async throws {
            _ = try await ScannerRig.reset()
            let driver = try DriverThread(["device": name])
            let status = await driver.poll()
            #expect(status.state == .absent)
            #expect(status.fault?.code == "scanner.not-found")
            #expect(status.fault?.action == .replug)
            #expect(await driver.scan(ScanRequest(maxPages: 1)).fault != nil)
        }

        @Test func `A command for another device is a fault`() throws {
            let driver = try ScannerDriver(options: ["device": "test:0"])
            let context = CommandContext(deadline: .now + .seconds(1)) { _, _ in }
            #expect(throws: DeviceFault.self) { try driver.perform(.awaitCardRemoval, files: [], context: context) }
        }

        @Test(arguments: [[:], ["device": ""], ["device": "test:0", "baud": "9600"]]) func `Options are checked`(options: [String: String]) {
            #expect(throws: DeviceFault.self) { try ScannerDriver(options: options) }
        }
    }
}
