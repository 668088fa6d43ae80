/// What a host may hold for itself while nobody is there.
enum MemoryBudget {
    /// Megabytes of 2^20 bytes in private pages (Private_Clean and Private_Dirty of smaps_rollup). The same for every class: what a library such as Leptonica
    /// or a maker's backend needs, it takes with its work and gives back.
    static let perHost: Double = 8
}
