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
        let answered = Mutex(Moment())
    }

    private struct Moment {
        /// Behind the look at /proc, which takes its time.
        var stolen = try? StolenTime.ticks()
        var time = ContinuousClock.now
    }

    /// How many reads may be taken for each one that counts.
    private static let patience = 3

    func run() async throws -> [BenchLine] {
        let reader = Reader()
        let port = try VirtualSerialPort("reader") { bytes in
            let (answer, steps) = reader.core.withLock { core in (core.receive(bytes), core.requests.suffix(2)) }
            // A poll asks for the newest address too, and is no part of the read before it.
            if steps.last == .read || steps.elementsEqual([.read, .append]) { reader.answered.withLock { $0 = Moment() } }
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

    /// A read is taken again when the machine's host took a processor away between its last byte and its end: what it took is none of ours.
    private func measure(_ reader: Reader, _ hosts: HostBench) async throws -> [Duration] {
        guard let citizen = SyntheticCitizen.named("resident") else { throw BenchFailure("there is no citizen resident") }
        var latencies: [Duration] = []
        var disturbed = 0
        while latencies.count < reads {
            guard disturbed < (Self.patience - 1) * reads else {
                throw BenchFailure("\(disturbed) reads were disturbed by other machines on the same host: measure when it is quieter")
            }
            // No citizen comes this fast, and a host that talked faster would be cut off as a flood; between reads everything falls asleep, as in the field.
            try await Task.sleep(for: .milliseconds(50))
            reader.core.withLock { $0.lay(SyntheticCard(citizen)) }
            let outcome = await hosts.supervisor.perform(.readCard(fingerprints: false), on: "reader", deadline: .seconds(10))
            let now = ContinuousClock.now
            guard case .success(.card) = outcome.completion else { throw BenchFailure("a read of the card failed") }
            let answered = reader.answered.withLock { $0 }
            // The kernel tells of a theft with its next tick.
            try await Task.sleep(for: .milliseconds(10))
            if let before = answered.stolen, try StolenTime.ticks() == before { latencies.append(now - answered.time) } else { disturbed += 1 }
        }
        if disturbed > 0 {
            FileHandle.standardError.write(Data("reader: \(disturbed) reads taken again, disturbed by other machines on the same host\n".utf8))
        }
        return latencies
    }
}
