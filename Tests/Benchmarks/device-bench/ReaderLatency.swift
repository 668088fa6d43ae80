import Bench
import BenchLine
import DeviceLink
import Foundation
import KioskModel
import KioskRuntime
import Synchronization

/// From the last byte that the reader writes to kioskd's having the card. The line is a pty, which has no speed: what is measured is ours alone.
struct ReaderLatency {
    let reads: Int

    /// The reader at its end of the port, and when it last gave what is on a card: the polls that follow don't count.
    private final class Reader: Sendable {
        let core = Mutex(SDTReaderCore())
        let answered = Mutex(StolenTime.Moment())
    }

    func run() async throws -> [BenchLine] {
        let reader = Reader()
        let port = try VirtualSerialPort("reader") { bytes in
            let (answer, steps) = reader.core.withLock { core in (core.receive(bytes), core.requests.suffix(2)) }
            // A poll asks for the newest address too, and is no part of the read before it.
            if steps.last == .read || steps.elementsEqual([.read, .append]) { reader.answered.withLock { $0 = StolenTime.Moment() } }
            return answer
        }
        try port.plug()
        defer { port.remove() }
        let hosts = try HostBench(DeviceSpec(name: "reader", deviceClass: .idCardReader, options: ["port": port.path, "baud": "115200"]))
        do {
            try await hosts.ready()
            let latencies = try await measure(reader, hosts)
            await hosts.stop()
            return [
                BenchLine(
                    name: "reader-completion-p99", value: latencies.quantile(0.99) / .milliseconds(1), unit: "ms", peer: "limit", peerValue: 5,
                    goal: 1)
            ]
        } catch {
            await hosts.stop()
            throw error
        }
    }

    private func measure(_ reader: Reader, _ hosts: HostBench) async throws -> [Duration] {
        guard let citizen = SyntheticCitizen.named("resident") else { throw BenchFailure("there is no citizen resident") }
        return try await StolenTime.retaking(reads, "reader", "reads") { _ in
            // No citizen comes this fast, and a host that talked faster would be cut off as a flood; between reads everything falls asleep, as in the field.
            try await Task.sleep(for: .milliseconds(50))
            reader.core.withLock { $0.lay(SyntheticCard(citizen)) }
            let outcome = await hosts.supervisor.perform(.readCard(fingerprints: false), on: "reader", deadline: .seconds(10))
            let now = ContinuousClock.now
            guard case .success(.card) = outcome.completion else { throw BenchFailure("a read of the card failed") }
            return try await reader.answered.withLock { $0 }.undisturbed(to: now)
        }
    }
}
