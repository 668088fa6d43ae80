import ForgettingDisk
import Foundation
import QueueLoad

/// placeholder until the disk is merged
struct ForgettingGround: Ground {
    let plain: PlainGround
    init(directory: URL) throws { plain = PlainGround(directory: directory) }
    var outbox: URL { plain.outbox }
    func prepare() async throws { try await plain.prepare() }
    func strike(_ choices: SeededGenerator, load: () async throws -> LoadProcess) async throws -> Blow {
        try await plain.strike(choices, load: load)
    }
    func discard() async { await plain.discard() }
}
