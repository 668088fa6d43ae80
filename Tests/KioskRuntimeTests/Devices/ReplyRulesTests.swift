import DeviceLink
@testable import KioskRuntime
import Testing

/// Replies that are of the right kind and still no answer to what was asked.
struct ReplyRulesTests {
    @Test func openedMeansThatTheDoorAskedForIsOpen() {
        func isAdmitted(_ command: DeviceCommand, open: Int?) -> Bool {
            let doors = (1...3).map { LockerDoor(number: $0, isOpen: $0 == open) }
            return (try? ReplyRules(command).admit(.success(.doors(doors)), [], isCancelled: false)) != nil
        }
        #expect(isAdmitted(.openDoor(2), open: 2))
        #expect(!isAdmitted(.openDoor(2), open: nil))
        #expect(!isAdmitted(.openDoor(2), open: 1))
        #expect(!isAdmitted(.openDoor(4), open: nil))
        #expect(!isAdmitted(.openDoor(0), open: nil))
        #expect(isAdmitted(.queryDoors, open: nil))
    }

    @Test func aPhotoHasTheSizeOfOne() throws {
        func isAdmitted(_ format: PageImage.PixelFormat, _ width: Int, _ height: Int) throws -> Bool {
            let row = width * (format == .rgb24 ? 3 : 1)
            let image = PageImage(index: 0, format: format, width: width, height: height, bytesPerRow: row, resolution: 200)
            let file = try MemoryFile.copying([UInt8](repeating: 0, count: image.byteCount))
            return (try? ReplyRules(.decodePhoto).admit(.success(.page(image)), [file], isCancelled: false)) != nil
        }
        #expect(try isAdmitted(.rgb24, 102, 126))
        #expect(try !isAdmitted(.gray8, 102, 126))
        #expect(try !isAdmitted(.rgb24, 126, 102))
        #expect(try !isAdmitted(.rgb24, 2000, 2000))
    }
}
