internal import DeviceLink
internal import KioskFlow

/// The citizen's scanned pages: sealed memory files, and previews made of them. Nothing here ever touches a disk.
struct PageStore {
    struct Page {
        var image: PageImage
        var pixels: MemoryFile
        /// JPEG, made when the screen first asks for it.
        var preview: MemoryFile?
    }

    private var pages: [PageID: Page] = [:]

    /// Keeps a page under a name that can't be guessed and dies with it.
    mutating func add(_ image: PageImage, pixels: MemoryFile) -> PageID {
        let id = PageID(Secret.make(bytes: 16))
        pages[id] = Page(image: image, pixels: pixels)
        return id
    }

    subscript(id: PageID) -> Page? { pages[id] }

    mutating func keep(preview: MemoryFile, of id: PageID) {
        pages[id]?.preview = preview
    }

    mutating func discard(_ ids: [PageID]) {
        for id in ids { pages[id] = nil }
    }

    mutating func discardAll() {
        pages.removeAll()
    }

    var isEmpty: Bool { pages.isEmpty }
}
