internal import KioskModel
internal import Testing

@testable internal import Scanner

/// The table of SANE's words is whole.
@Suite struct ScannerFailureTests {
    /// SANE standard 1.06, table 1, and the two that sane.h announces. 0 is good; -101 to -103 are the shim's own.
    private static let codes = (1...13).map { Int32(-$0) } + [-101, -102, -103]

    @Test func `Every status has a meaning of its own`() {
        let meanings = Self.codes.map { ScannerFailure(code: $0, step: "start").meaning }
        for (code, meaning) in zip(Self.codes, meanings) {
            #expect((meaning as? DeviceFault)?.code != "scanner.unknown-status", "\(code)")
        }
        let faults = meanings.compactMap { $0 as? DeviceFault }
        // A missing option and one of another type are mended alike.
        #expect(Set(faults.map(\.code)).count == faults.count - 1)
        #expect(Set(meanings.compactMap { $0 as? CitizenRemedy }) == [.insertPages, .pullOutJammedPage, .closeCover, .scanAgain])
    }

    @Test func `A status that nobody knows is a fault that says its number`() {
        let fault = ScannerFailure(code: -77, step: "read").meaning as? DeviceFault
        #expect(fault?.code == "scanner.unknown-status")
        #expect(fault?.detail == "read answered -77")
    }
}
