internal import DeviceLink
internal import FoundationEssentials
internal import KioskModel
internal import Testing

extension ScannerTests {
    /// What only SANE's own `test` backend can provoke.
    @Suite struct SANETestBackend {
        private static func scan(
            _ options: [String: String], _ request: ScanRequest = ScanRequest(resolution: 50, maxPages: 2)
        ) async throws -> ScanRun {
            _ = try await ScannerRig.reset()
            var all = ["device": "test:0"]
            for (name, value) in options { all["option.\(name)"] = value }
            return await (try DriverThread(all)).scan(request)
        }

        @Test(arguments: [
            ("SANE_STATUS_NO_DOCS", CitizenRemedy.insertPages),
            ("SANE_STATUS_JAMMED", .pullOutJammedPage),
            ("SANE_STATUS_COVER_OPEN", .closeCover),
            ("SANE_STATUS_EOF", .scanAgain),
        ])
        func `What the citizen can mend is a remedy`(status: String, remedy: CitizenRemedy) async throws {
            let run = try await Self.scan(["read-return-value": status])
            #expect(run.remedy == remedy)
            #expect(run.pages.isEmpty)
        }

        @Test(arguments: [
            ("SANE_STATUS_UNSUPPORTED", "scanner.unsupported", RepairAction.configure),
            ("SANE_STATUS_CANCELLED", "scanner.cancelled-by-device", .reset),
            ("SANE_STATUS_DEVICE_BUSY", "scanner.busy", .reset),
            ("SANE_STATUS_INVAL", "scanner.invalid-setting", .configure),
            ("SANE_STATUS_IO_ERROR", "scanner.io-error", .replug),
            ("SANE_STATUS_NO_MEM", "scanner.out-of-memory", .reset),
            ("SANE_STATUS_ACCESS_DENIED", "scanner.access-denied", .configure),
        ])
        func `What the citizen can't mend is a fault with its repair`(status: String, code: String, action: RepairAction) async throws {
            let run = try await Self.scan(["read-return-value": status])
            #expect(run.fault?.code == code)
            #expect(run.fault?.action == action)
            #expect(run.pages.isEmpty)
        }

        @Test(arguments: [0, 1, 5])
        func `A cancel in mid-page is honoured within 200 ms`(chunks: Int) async throws {
            _ = try await ScannerRig.reset()
            // 64 bytes every 100 ms: the page would take hours.
            let driver = try DriverThread([
                "device": "test:0", "option.read-limit": "yes", "option.read-limit-size": "64", "option.read-delay": "yes",
                "option.read-delay-duration": "100000",
            ])
            let (asked, tell) = AsyncStream<ContinuousClock.Instant>.makeStream()
            let run = await driver.scan(
                ScanRequest(resolution: 300, maxPages: 1),
                started: { command in
                    Task {
                        try await Task.sleep(for: .milliseconds(50 + 100 * chunks))
                        tell.yield(.now)
                        command.cancel()
                    }
                })
            let answered = ContinuousClock.now
            #expect(run.cancelled && run.pages.isEmpty)
            let since = try #require(await asked.first { _ in true })
            // 200 ms, and as much again for two loaded cores.
            #expect(answered - since < .milliseconds(400))
        }

        @Test func `A scanner without both sides says so`() async throws {
            let run = try await Self.scan([:], ScanRequest(resolution: 50, source: .feederDuplex, maxPages: 2))
            #expect(run.fault?.code == "scanner.no-source")
            #expect(run.fault?.action == .configure)
        }

        @Test func `A scanner that doesn't know the page's length sends whole pages`() async throws {
            let run = try await Self.scan(["hand-scanner": "yes"])
            #expect(run.scanned == 2)
            let page = try #require(run.pages.first)
            #expect(page.height > 0)
            #expect(run.files.first?.byteCount == page.byteCount)
        }

        @Test(arguments: [
            ["read-limit": "yes", "read-limit-size": "777"],
            ["read-delay": "yes", "read-delay-duration": "1000"],
            ["select-fd": "yes", "read-delay": "yes", "read-delay-duration": "1000"],
            ["fuzzy-parameters": "yes"],
        ])
        func `The way the bytes arrive doesn't change the page`(options: [String: String]) async throws {
            let plain = try await Self.scan(["test-picture": "Color pattern"])
            let other = try await Self.scan(options.merging(["test-picture": "Color pattern"]) { $1 })
            #expect(plain.scanned == 2)
            #expect(other.fault == nil)
            #expect(other.remedy == nil)
            #expect(other.scanned == 2)
            #expect(other.pages == plain.pages)
            for (left, right) in zip(plain.files, other.files) {
                #expect(try left.withBytes { Array($0) } == right.withBytes { Array($0) })
            }
        }

        @Test func `The picture is what the device draws`() async throws {
            let run = try await Self.scan(["test-picture": "Solid white"], ScanRequest(resolution: 50, mode: .gray, maxPages: 1))
            let page = try #require(run.pages.first)
            let file = try #require(run.files.first)
            try file.withBytes { bytes in
                for row in 0..<page.height {
                    #expect(bytes[row * page.bytesPerRow..<row * page.bytesPerRow + page.width].allSatisfy { $0 == 0xFF })
                }
            }
        }

        @Test(arguments: [["three-pass": "yes"], ["depth": "16"], ["depth": "1"]])
        func `Pixels that no page has are a fault, never a wrong picture`(options: [String: String]) async throws {
            let run = try await Self.scan(options)
            #expect(run.fault?.code == "scanner.unsupported-format")
            #expect(run.pages.isEmpty)
        }

        @Test func `An option that the scanner hasn't got is a fault of the configuration`() async throws {
            let run = try await Self.scan(["no-such-option": "1"])
            #expect(run.fault?.code == "scanner.missing-option")
            #expect(run.fault?.action == .configure)
        }
    }
}
