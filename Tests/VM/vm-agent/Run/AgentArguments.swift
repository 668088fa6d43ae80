import Foundation

/// The agent's command line.
enum AgentArguments: Equatable {
    case serve(port: String, payload: URL)
    case check([String])
    case run(file: String, kind: String?, host: String?, verbose: Bool)
    case help
    case wrong(String)

    static let usage =
        "usage: vm-agent --port DEVICE --payload DIRECTORY | vm-agent --check FILE... | vm-agent --run FILE [--kind KIND] [--host PATH] [--verbose]"

    static let manual = """
        \(usage)

        Runs scenarios in the virtual machine for the host at the other end of a virtio port, or one on this machine, or checks how scenario files
        are written.

          --port DEVICE        the virtio port to the host
          --payload DIRECTORY  the disk with bin, lib, Kiosk and scenarios
          --check FILE...      reads the files and says what is wrong with them; runs nothing
          --run FILE           runs a scenario here, with the devices that need no kernel of their own
          --kind KIND          the device that a contract leaves open as `?`
          --host PATH          the program of the device hosts; kiosk-device from beside this program otherwise
          --verbose            prints each step and what the device hosts log
          --help               prints this

        Lines from the host: `set NAME VALUE`, `scenario NAME [KIND]` (a file of the payload's `scenarios`).
        Lines to the host: `ready`, `log TEXT`, `ok NAME devices=… unplugs=… recovered=…`, `not ok NAME line N: TEXT`.

        Exit codes:
          0   the files are in order, or the scenario passed
          1   the scenario failed
          64  the command line is wrong
          65  a file isn't in order
          74  the port can't be opened or was closed
        """

    static func parse(_ arguments: [String]) -> AgentArguments {
        if arguments.contains("--help") { return .help }
        if arguments.first == "--check" {
            return arguments.count > 1 ? .check(Array(arguments.dropFirst())) : .wrong("--check lacks its files")
        }
        if arguments.first == "--run" {
            guard arguments.count > 1 else { return .wrong("--run lacks its file") }
            var (kind, host, verbose) = (String?.none, String?.none, false)
            var rest = arguments.dropFirst(2)
            while let option = rest.popFirst() {
                switch option {
                case "--verbose": verbose = true
                case "--kind", "--host":
                    guard let value = rest.popFirst() else { return .wrong("\(option) lacks its value") }
                    if option == "--kind" { kind = value } else { host = value }
                default: return .wrong("there is no `\(option)`")
                }
            }
            return .run(file: arguments[1], kind: kind, host: host, verbose: verbose)
        }
        var port: String?
        var payload: String?
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { return .wrong("\(option) lacks its value") }
            switch option {
            case "--port": port = value
            case "--payload": payload = value
            default: return .wrong("there is no `\(option)`")
            }
        }
        guard let port, let payload else { return .wrong("--port and --payload are needed") }
        return .serve(port: port, payload: URL(filePath: payload, directoryHint: .isDirectory))
    }
}
