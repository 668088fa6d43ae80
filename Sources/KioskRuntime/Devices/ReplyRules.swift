internal import DeviceLink
internal import KioskModel

/// What a host may answer to one command. Hosts are hostile until proven harmless: numbers are checked before they are multiplied, files before they
/// are mapped, and an answer of another kind ends the link. One value for each command, told of every message in order.
struct ReplyRules {
    /// Most bytes that one command may bring to kioskd: 10 A4 pages in colour at 600 dpi.
    static let maxBytes = 1 << 30
    /// pixels, on either side: A3 at 1200 dpi
    static let maxSide = 20_000
    /// bytes of one picture from a camera
    static let maxPicture = 32 << 20
    /// bytes of a code: the largest QR code holds 2,953, and a scanner may put several into one
    static let maxCode = 8192
    /// doors of a locker: eight boards of 24
    static let maxDoors = 192
    /// bytes a row may be longer than its pixels
    static let maxPadding = 4096

    private let command: DeviceCommand
    private var pages = 0
    private var bytes = 0
    private var lastFrame = -1

    init(_ command: DeviceCommand) {
        self.command = command
    }

    mutating func admit(_ progress: DeviceProgress, _ files: [MemoryFile]) throws(LinkFailure) {
        switch (progress, command) {
        case (.cardFound, .readCard), (.cardFound, .readSocialSecurityCard):
            try require(files.isEmpty, .fileCount)
        case (.page(let image), .scan(let request)):
            try require(files.count == 1, .fileCount)
            try require(Self.isPlausible(image) && image.index == pages && pages < request.maxPages, .outOfBounds)
            try require(files[0].byteCount == image.byteCount, .fileSize)
            pages += 1
            bytes += image.byteCount
            try require(bytes <= Self.maxBytes, .fileSize)
        case (.frame(let frame), .preview), (.frame(let frame), .awaitCodeInView):
            try require(files.count == 1, .fileCount)
            try require(Self.isPlausible(frame) && frame.sequence > lastFrame, .outOfBounds)
            try require((1...Self.maxPicture).contains(files[0].byteCount), .fileSize)
            lastFrame = frame.sequence
        case (.key, .readKeys):
            try require(files.isEmpty, .fileCount)
        case (.printing(let progress), .print):
            try require(files.isEmpty, .fileCount)
            let reasons = progress.reasons
            let clean = reasons.count <= LinkText.maxEntries && reasons.allSatisfy { LinkText.isClean($0, maxBytes: LinkText.maxReason) }
            let once = Set(progress.fallbacks).count == progress.fallbacks.count
            try require(clean && once && (0...10_000).contains(progress.sheetsPrinted), .outOfBounds)
        case (.fraction(let done), _):
            try require(files.isEmpty, .fileCount)
            try require((0...1).contains(done), .outOfBounds)
        default:
            throw .violation(.mismatch)
        }
    }

    /// `isCancelled`: kioskd has asked for the end of the command, so that `.cancelled` may be the answer.
    func admit(_ completion: Completion, _ files: [MemoryFile], isCancelled: Bool) throws(LinkFailure) {
        switch completion {
        case .success(let result):
            try admit(result, files)
        case .remedy(let remedy):
            try require(files.isEmpty, .fileCount)
            try require(command != .reset && isPossible(remedy), .mismatch)
        case .fault(let fault):
            try require(files.isEmpty, .fileCount)
            try require(fault.isClean, .outOfBounds)
        case .cancelled:
            try require(files.isEmpty, .fileCount)
            try require(isCancelled, .mismatch)
        }
    }

    private func admit(_ result: DeviceResult, _ files: [MemoryFile]) throws(LinkFailure) {
        switch (result, command) {
        case (.card(let card), .readCard(let withFingerprints)):
            try require(files.isEmpty, .fileCount)
            try require(Self.isPlausible(card) && (withFingerprints || card.fingerprints?.reveal.isEmpty != false), .outOfBounds)
        case (.done, .awaitCardRemoval), (.done, .preview), (.done, .signal), (.done, .readKeys), (.done, .beginRecording),
            (.done, .reset):
            try require(files.isEmpty, .fileCount)
        case (.picture(let frame), .capture):
            try require(files.count == 1, .fileCount)
            try require(Self.isPlausible(frame), .outOfBounds)
            try require((1...Self.maxPicture).contains(files[0].byteCount), .fileSize)
        case (.code(let code), .awaitCode), (.code(let code), .awaitCodeInView):
            try require(files.isEmpty, .fileCount)
            let symbology = LinkText.isClean(code.symbology, maxBytes: 3) && code.symbology.utf8.allSatisfy { $0 < 0x80 }
            try require(symbology && (1...Self.maxCode).contains(code.content.reveal.count), .outOfBounds)
        case (.doors(let doors), .openDoor), (.doors(let doors), .queryDoors):
            try require(files.isEmpty, .fileCount)
            try require((1...Self.maxDoors).contains(doors.count) && doors.map(\.number) == Array(1...doors.count), .outOfBounds)
            // Opened means seen open.
            if case .openDoor(let number) = command {
                try require((1...doors.count).contains(number) && doors[number - 1].isOpen, .outOfBounds)
            }
        case (.socialSecurityCard(let card), .readSocialSecurityCard):
            try require(files.isEmpty, .fileCount)
            try require(Self.isPlausible(card), .outOfBounds)
        case (.scanned(let count), .scan):
            try require(files.isEmpty, .fileCount)
            try require(count == pages && count > 0, .outOfBounds)
        case (.printed(let sheets), .print), (.printed(let sheets), .printRaster):
            try require(files.isEmpty, .fileCount)
            try require((0...10_000).contains(sheets), .outOfBounds)
        case (.document(let info), .assemblePDF(let request)):
            try admit(info, files, "application/pdf", pages: request.pages.count, maxBytes: request.maxBytes)
        case (.document(let info), .renderPreview):
            try admit(info, files, "image/jpeg", pages: 1, maxBytes: 64 << 20)
        case (.document(let info), .renderReceipt):
            try admit(info, files, "application/pdf", pages: 1, maxBytes: 16 << 20)
        case (.document(let info), .endRecording):
            try admit(info, files, DocumentInfo.recording, pages: 1, maxBytes: 16 << 20)
        case (.raster(let image), .renderReceiptRaster(_, let width)):
            try require(files.count == 1, .fileCount)
            try require(Self.isPlausible(image) && image.width == width, .outOfBounds)
            try require(files[0].byteCount == image.byteCount, .fileSize)
        case (.page(let image), .straightenPicture), (.page(let image), .decodePhoto):
            try require(files.count == 1, .fileCount)
            try require(Self.isPlausible(image) && image.index == 0, .outOfBounds)
            if case .decodePhoto = command {
                try require(image.format == .rgb24 && (image.width, image.height) == (102, 126), .outOfBounds)
            }
            try require(files[0].byteCount == image.byteCount && image.byteCount <= Self.maxBytes, .fileSize)
        case (.quality(let quality), .assessPage):
            try require(files.isEmpty, .fileCount)
            let parts = [quality.sharpness, quality.brightness, quality.coverage]
            let flaws = Set(quality.flaws).count == quality.flaws.count
            try require(flaws && parts.allSatisfy((0...1).contains) && (-90...90).contains(quality.skew), .outOfBounds)
        default:
            throw .violation(.mismatch)
        }
    }

    private func admit(_ info: DocumentInfo, _ files: [MemoryFile], _ mediaType: String, pages: Int, maxBytes: Int) throws(LinkFailure) {
        try require(files.count == 1, .fileCount)
        try require(info.mediaType == mediaType && info.pageCount == pages, .outOfBounds)
        try require(info.byteCount > 0 && info.byteCount == files[0].byteCount && info.byteCount <= min(maxBytes, Self.maxBytes), .fileSize)
    }

    private func isPossible(_ remedy: CitizenRemedy) -> Bool {
        let from: Set<DeviceClass> =
            switch remedy {
            case .layCardFlat, .cardExpired: [.idCardReader]
            case .cardRemovedTooEarly, .cardNotAccepted, .cardDataInvalid: [.idCardReader, .smartCardReader]
            case .insertCard: [.smartCardReader]
            case .insertPages, .pullOutJammedPage, .closeCover: [.scanner]
            case .scanAgain: [.scanner, .imaging]
            case .layPageInView: [.imaging]
            case .showCodeAgain: [.codeScanner, .camera]
            case .closeLockerDoor: [.locker]
            }
        return !from.isDisjoint(with: command.deviceClasses)
    }

    /// Also for pages that kioskd hands to a worker.
    static func isPlausible(_ image: PageImage) -> Bool {
        let depth = image.format == .rgb24 ? 3 : 1
        guard (1...maxSide).contains(image.width), (1...maxSide).contains(image.height), (50...1200).contains(image.resolution) else { return false }
        let row = image.width * depth
        return (row...row + maxPadding).contains(image.bytesPerRow)
    }

    private static func isPlausible(_ frame: CameraFrame) -> Bool {
        frame.sequence >= 0 && (1...maxSide).contains(frame.width) && (1...maxSide).contains(frame.height)
    }

    /// Also for rasters that kioskd hands to a printer. A receipt is two metres long at most.
    static func isPlausible(_ image: RasterImage) -> Bool {
        (8...1024).contains(image.width) && image.width % 8 == 0 && (1...maxSide).contains(image.height)
    }

    private static func isPlausible(_ card: SocialSecurityCard) -> Bool {
        let texts = [
            card.number.reveal, card.name.reveal, card.cardNumber.reveal, card.ethnicGroupCode ?? "", card.issuerRegion, card.specification,
        ]
        return texts.allSatisfy { $0.utf8.count <= 128 }
    }

    /// Lengths of the text record, generously: a longer value didn't come from a card.
    private static func isPlausible(_ card: IdentityCard) -> Bool {
        let texts: [String?] = [
            card.name.reveal, card.latinName?.reveal, card.number.reveal.value, card.ethnicGroupCode, card.address?.reveal, card.issuer,
            card.permitNumber?.reveal, card.issueCount, card.nationality, card.previousNumberLink?.reveal,
        ]
        let prints = card.fingerprints?.reveal ?? []
        return texts.allSatisfy { ($0?.utf8.count ?? 0) <= 512 } && (card.photo?.reveal.count ?? 0) <= 4096
            && prints.count <= 2 && prints.allSatisfy { $0.count <= 1024 }
    }

    private func require(_ condition: Bool, _ violation: LinkFailure.Violation) throws(LinkFailure) {
        guard condition else { throw .violation(violation) }
    }
}
