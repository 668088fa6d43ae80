internal import Logging
internal import DeviceLink
internal import Foundation
internal import KioskFlow
internal import KioskModel
internal import PlatformAPI

/// The effects that take time. Each ends in exactly one event, or in none when it was cancelled.
extension SessionEngine {
    /// A read is asked for in slices: a driver that hangs is ended within one of them, and a citizen who takes long is never told that it failed.
    private static let cardSlice = Duration.seconds(30)

    func readCard(_ id: EffectID, after pause: Duration) async {
        guard (try? await Task.sleep(for: pause)) != nil else { return }
        while !Task.isCancelled {
            var found = false
            let completion = await perform(.readCard(fingerprints: false), on: .idCardReader, deadline: Self.cardSlice) { progress, _ in
                guard case .cardFound = progress else { return }
                found = true
                self.apply(.cardFound(id))
            }.completion
            switch completion {
            case .success(.card(let card)):
                return apply(.cardRead(id, card, today: Self.today()))
            case .remedy(.layCardFlat) where !found:
                continue
            default:
                return fail(id, completion)
            }
        }
    }

    func awaitCardRemoval(_ id: EffectID) async {
        while !Task.isCancelled {
            switch await perform(.awaitCardRemoval, on: .idCardReader, deadline: Self.cardSlice).completion {
            case .success:
                return apply(.cardRemoved(id))
            case .fault(let fault) where fault == .deadlinePassed:
                // The slice is over and the card still lies there.
                continue
            case let completion:
                return fail(id, completion)
            }
        }
    }

    func scan(_ id: EffectID, maxPages: Int, bothSides: Bool) async {
        let outcome = await perform(
            .scan(ScanRequest(source: bothSides ? .feederDuplex : .feeder, maxPages: maxPages)), on: .scanner, deadline: .seconds(30 + 20 * maxPages)
        ) { progress, files in
            guard case .page(let image) = progress, let pixels = files.first, !Task.isCancelled else { return }
            self.apply(.pageScanned(id, self.pages.add(image, pixels: pixels)))
        }
        if case .success(.scanned) = outcome.completion {
            apply(.scanEnded(id))
        } else {
            fail(id, outcome.completion)
        }
    }

    func assess(_ id: EffectID, _ page: PageID) async {
        guard !Task.isCancelled else { return }
        guard let held = pages[page] else { return apply(.pageAssessed(id, page, [])) }
        var completion = Completion.cancelled
        // A worker that is lost over it is replaced, and answers the second time.
        for _ in 1...2 {
            completion = await perform(.assessPage(held.image), on: .imaging, files: [held.pixels], deadline: .seconds(10)).completion
            guard case .fault = completion else { break }
        }
        if case .success(.quality(let quality)) = completion {
            apply(.pageAssessed(id, page, quality.flaws))
        } else {
            fail(id, completion)
        }
    }

    func commit(_ id: EffectID, _ submission: Submission) async {
        let now = Date()
        let reference = Self.reference(kiosk: kiosk, at: now)
        let ids = submission.materials.flatMap(\.pages)
        let held = Dictionary(ids.compactMap { page in pages[page].map { (page, $0) } }, uniquingKeysWith: { first, _ in first })
        do {
            let stored = try await pipeline.commit(submission, pages: held, reference: reference, at: now)
            logger.info("submission stored", metadata: ["reference": "\(reference)", "pages": "\(ids.count)"])
            committed(
                id,
                Receipt(
                    reference: reference, time: Self.clockTime(now), item: submission.item.name, pageCount: ids.count,
                    custody: await custody(of: stored)))
        } catch SubmissionPipeline.Trouble.device(let failure) {
            apply(.failed(id, failure))
        } catch is CancellationError {
            return
        } catch {
            logger.error("submission not stored", metadata: ["cause": "\(error)"])
            apply(.failed(id, .storage))
        }
    }

    /// Nil when the key fails now: what is stored is stored, and the receipt then has its number alone.
    private func custody(of stored: HeldSubmission) async -> String? {
        do {
            return try await pipeline.sealer.custody(of: stored).token
        } catch {
            logger.error("custody receipt not signed", metadata: ["reference": "\(stored.receipt.reference)", "cause": "\(error)"])
            return nil
        }
    }

    func printReceipt(_ id: EffectID, _ receipt: Receipt, _ language: Language) async {
        func line(_ key: String, _ value: String) -> ReceiptContent.Line {
            ReceiptContent.Line(label: strings.text(key, language), value: value)
        }
        let content = ReceiptContent(
            title: strings.text("receipt.paper.title", language),
            lines: [
                line("receipt.paper.reference", receipt.reference), line("receipt.paper.item", receipt.item(language)),
                line("receipt.paper.pages", String(receipt.pageCount)), line("receipt.paper.time", receipt.time),
                line("receipt.paper.kiosk", kiosk),
            ],
            footer: (["receipt.paper.footer"] + (receipt.custody == nil ? [] : ["receipt.paper.custody"])).map { strings.text($0, language) }
                .joined(separator: "\n"),
            code: receipt.custody ?? receipt.reference)
        let drawn = await perform(.renderReceipt(content), on: .imaging, deadline: .seconds(10))
        guard case .success(.document(let info)) = drawn.completion, let document = drawn.files.first else { return fail(id, drawn.completion) }
        let printed = await perform(
            .print(PrintRequest(title: receipt.reference, sides: info.pageCount > 1 ? .twoLongEdge : .one)), on: .printer, files: [document],
            deadline: .seconds(45))
        if case .success(.printed) = printed.completion {
            apply(.printed(id))
        } else {
            fail(id, printed.completion)
        }
    }

    // MARK: Parts

    func fail(_ id: EffectID, _ completion: Completion) {
        guard let failure = try? Failure(completion) else { return }
        if case .fault(let fault) = failure {
            logger.warning("device command failed", metadata: ["code": "\(fault.code)", "action": "\(fault.action)", "detail": "\(fault.detail)"])
        }
        apply(.failed(id, failure))
    }

    /// Performs a command and hands its progress to `each` on this actor, in order, all of it before the return.
    func perform(
        _ command: DeviceCommand, on deviceClass: DeviceClass, files: [MemoryFile] = [], deadline: Duration,
        each: (DeviceProgress, [MemoryFile]) -> Void = { _, _ in }
    ) async -> DeviceOutcome {
        guard let name = roles[deviceClass] else {
            return DeviceOutcome(completion: .fault(.noDevice(deviceClass)))
        }
        let (stream, continuation) = AsyncStream.makeStream(of: (DeviceProgress, [MemoryFile]).self)
        let devices = devices
        async let outcome = {
            defer { continuation.finish() }
            return await devices.perform(command, on: name, files: files, deadline: deadline) { continuation.yield(($0, $1)) }
        }()
        for await (progress, carried) in stream { each(progress, carried) }
        return await outcome
    }

    /// `<kiosk>-<yyyyMMdd>-<seconds of the day, 5 digits><2 random digits>`: readable aloud, and unique for a kiosk that serves one citizen at a time.
    static func reference(kiosk: String, at date: Date) -> String {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let seconds = (parts.hour ?? 0) * 3600 + (parts.minute ?? 0) * 60 + (parts.second ?? 0)
        return kiosk + "-" + pad(parts.year, 4) + pad(parts.month, 2) + pad(parts.day, 2) + "-" + pad(seconds, 5) + pad(Int.random(in: 0..<100), 2)
    }

    /// `yyyy-MM-dd HH:mm`
    static func clockTime(_ date: Date) -> String {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        return [pad(parts.year, 4), pad(parts.month, 2), pad(parts.day, 2)].joined(separator: "-") + " " + pad(parts.hour, 2) + ":"
            + pad(parts.minute, 2)
    }

    static func today() -> CivilDate {
        let parts = calendar.dateComponents([.year, .month, .day], from: Date())
        return CivilDate(year: parts.year ?? 1, month: parts.month ?? 1, day: parts.day ?? 1) ?? CivilDate.earliest
    }

    private static var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        return calendar
    }

    private static func pad(_ number: Int?, _ width: Int) -> String {
        let text = String(number ?? 0)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
