import Foundation
import KioskModel
import LocalAPI
import PlatformAPI

extension Demo {
    /// Whether a document in the printer's tray carries the reference.
    func receiptIsPrinted(_ reference: String) async throws -> Bool {
        do {
            return try await Poll.until("a printed receipt", deadline: .seconds(30)) {
                let printed = kiosk.printer.printedDocuments()
                for document in printed where try await Poppler.text(of: document).contains(reference) { return .there(true) }
                return .notYet("\(printed.count) documents")
            }
        } catch is Poll.Missed {
            return false
        }
    }

    /// Waits until the platform holds the application completely, looks at it, and returns the materials as the platform opened them.
    func verify(_ reference: String, into result: inout DemoResult) async throws -> [Data] {
        let officer = try await kiosk.officer
        let application: ApplicationSummary = try await Poll.until("the application to be complete at the platform", deadline: .seconds(90)) {
            let found = try await officer.applications().filter { $0.reference == reference }
            guard let first = found.first else { return .notYet("no application with this reference") }
            return first.status == .complete ? .there(first) : .notYet(first.status.rawValue)
        }
        step("the platform holds the application \(application.number)")
        _ = try await Poll.until("the outbox to be told", deadline: .seconds(30)) {
            let waiting = try await kiosk.local.queue(state: .waiting)
            return waiting.isEmpty ? .there(true) : .notYet("\(waiting.count) items waiting")
        }
        step("the outbox holds the platform's acknowledgements")

        let all = try await officer.applications()
        result.delivered = all.filter { $0.reference == reference && $0.status == .complete }.count
        let materials = all.flatMap(\.materials).map(\.id)
        result.duplicates = all.count - Set(all.map(\.id)).count + max(0, result.delivered - 1) + materials.count - Set(materials).count
        if all.count != 1 { result.misses.append("the platform holds \(all.count) applications instead of one") }

        let submission = try await officer.application(application.id).submission
        if submission.applicant.number.reveal.value != options.citizen.number { result.misses.append("the application is another citizen's") }
        var pdfs: [Data] = []
        result.digestMatches = !submission.materials.isEmpty
        for manifest in submission.materials {
            let bytes = try await officer.material(manifest.id, of: application.id)
            pdfs.append(bytes)
            if Digest.sha256(bytes) != manifest.digest || bytes.count != manifest.byteCount { result.digestMatches = false }
            let pages = try await Poppler.pageCount(of: bytes)
            if pages != options.pages || manifest.pageCount != options.pages {
                result.misses.append("the document has \(pages) pages, \(options.pages) were scanned")
            }
        }
        step("\(pdfs.count) materials opened at the platform; digests \(result.digestMatches ? "match" : "differ")")
        return pdfs
    }

    /// After everything has stopped: looks for the citizen and the pages in everything that was written.
    func search(_ pdfs: [Data], into result: inout DemoResult) async throws {
        guard let ledger = kiosk.ledger else { return }
        if await !kiosk.tracesDrained() { result.misses.append("a trace wasn't read to its end") }
        var needles = Needle.personal(options.citizen) + Needle.headers
        for page in documents {
            needles += Needle.windows(of: Needle.scanData(ofJPEG: Array(page)), kind: "page, JPEG")
            needles += Needle.windows(of: try ScannerPicture.pixels(of: page).bytes, kind: "page, RGB rows")
            let native = kiosk.scanner.nativeResolution
            let gray = try ScannerPicture.pixels(of: ScannerPicture.convert(page, from: native, to: native, gray: true)).bytes
            needles += Needle.windows(of: stride(from: 0, to: gray.count, by: 3).map { gray[$0] }, kind: "page, gray rows")
        }
        for pdf in pdfs { needles += Needle.windows(of: Array(pdf), kind: "document, PDF") }
        let printed = kiosk.printer.spoolDirectory.deletingLastPathComponent().path
        let search = ResidueSearch(needles: needles, receiptDirectories: [printed + "/"])
        let layout = kiosk.layout
        // The platform is the city's: it holds what it was sent. Everything else of this run is searched.
        let places = [layout.kioskData, layout.runtime, layout.temporary, layout.home, kiosk.printer.spoolDirectory.deletingLastPathComponent()]
        var logs = kiosk.log.everything.map { (name: $0.name, bytes: $0.bytes) }
        for receipt in kiosk.printer.printedDocuments() {
            logs.append((name: "receipt as text", bytes: Array(try await Poppler.text(of: receipt).utf8)))
        }
        result.residue = search.hits(ledger: ledger, directories: places, logs: logs)
        let (files, bytes) = ledger.summary
        step("searched \(bytes) bytes written to \(files) files, and what lies on disk, for \(needles.count) needles")
        // A tracer that saw nothing proves nothing: the sealed document at least must have passed it.
        if ledger.bytesWritten(under: layout.kioskData.path) < pdfs.reduce(0, { $0 + $1.count }) {
            result.misses.append("the trace doesn't hold the sealed document: the search proves nothing")
        }
    }
}
