extension VirtualKiosk {
    /// A citizen comes, hands in a page, and goes with the receipt. Returns why the journey was lost; nil when it came to its end.
    public func serve(_ citizen: SyntheticCitizen, within patience: Duration = .seconds(120)) async throws -> String? {
        let pages = try Self.document(of: citizen, pages: 1)
        var album = PageAlbum()
        try album.add(pages[0], as: PageAlbum.Name(journey: 1, page: 1))
        let screen = try await Touchscreen.open(try await startAddress())
        let end = try await DeviceKillsJourney(kiosk: self, screen: screen, citizen: citizen, number: 1, pages: pages, album: album)
            .play(within: patience)
        await screen.close()
        return if case .lost(let reason) = end { reason } else { nil }
    }
}
