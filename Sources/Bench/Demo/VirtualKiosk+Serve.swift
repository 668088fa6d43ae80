extension VirtualKiosk {
    /// A citizen comes, hands in a page, and goes with the receipt. Returns why the journey was lost; nil when it came to its end.
    public func serve(_ citizen: SyntheticCitizen, within patience: Duration = .seconds(120)) async throws -> String? {
        let screen = try await Touchscreen.open(try await startAddress())
        let lost = try await Journey(kiosk: self, screen: screen, citizen: citizen).play(within: patience)
        await screen.close()
        return lost
    }
}
