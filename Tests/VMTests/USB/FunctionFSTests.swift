import Testing

@testable import VirtualUSB

/// What is written to ep0, byte by byte as linux/usb/functionfs.h lays it out.
@Suite struct FunctionFSTests {
    private let function = FunctionFSDescriptors(endpoints: [0x02, 0x81], name: "ab")

    @Test func descriptorsComeForBothSpeeds() {
        let head: [UInt8] = [3, 0, 0, 0, 66, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0]
        let interface: [UInt8] = [9, 4, 0, 0, 2, 0xFF, 0, 0, 1]
        let full: [UInt8] = [7, 5, 0x02, 2, 64, 0, 0, 7, 5, 0x81, 2, 64, 0, 0]
        let high: [UInt8] = [7, 5, 0x02, 2, 0, 2, 0, 7, 5, 0x81, 2, 0, 2, 0]
        #expect(function.descriptors == head + interface + full + interface + high)
        #expect(function.descriptors.count == 66)
    }

    @Test func oneStringComesInOneLanguage() {
        #expect(function.strings == [2, 0, 0, 0, 21, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0x09, 0x04, 0x61, 0x62, 0])
        #expect(function.strings.count == 21)
    }
}
