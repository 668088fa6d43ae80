import Bench
import Foundation

let usage = """
    usage: vm-city SEED

    The city on the host, for a kiosk in the virtual machine: a real platformd on a loopback port, with data of its own that is gone in the end,
    and the verification of what the kiosk's queue has acknowledged. SEED is queue-load's.

    Lines on standard input: `acknowledged REFERENCE` as queue-load says it; `verify` once it has drained.
    Lines on standard output: `platform PORT`, `credential JSON` and `key BASE64` at the beginning; upon `verify` a line for each finding, then
    `verified acknowledged=N whole=N lost=N duplicated=N corrupted=N`.

    Exit codes: 0 standard input has ended; 64 usage; 70 platformd can't be run or asked.
    """

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments == ["--help"] {
    print(usage)
    exit(0)
}
guard arguments.count == 1, let seed = UInt64(arguments[0]) else {
    FileHandle.standardError.write(Data((usage + "\n").utf8))
    exit(64)
}
do {
    try await City(seed: seed).serve()
} catch {
    FileHandle.standardError.write(Data("vm-city: \(error)\n".utf8))
    exit(70)
}
