import ArgumentParser
@preconcurrency import Dispatch
import Foundation
import Glibc
import LocalAPI

struct DeviceRecord: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record what passes between a device and its driver, without personal data.",
        discussion: """
            Begins by opening the device anew, and goes on until Ctrl-C or for --seconds, an hour at most; the kiosk serves meanwhile. A recording with \
            something in it that can't be made anonymous is refused, and so is one of more than 1 MiB. If kioskctl is killed, the device's host ends the \
            recording after an hour and throws it away. The file is for this user alone, and an existing one is never overwritten.
            """)

    @Argument(help: "The device's name, as `device list` shows it.")
    var name: String

    @Option(help: "Where to write it. (default: NAME.recording)", completion: .file())
    var output: String?

    @Option(help: "End after so many seconds, 1 to 3600.", transform: parse)
    var seconds = 3600

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let path = output ?? name.replacing("/", with: "-") + ".recording"
        // Before anything is recorded: a file that can't be written is no end for a long recording.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            let reason = errno == EEXIST ? "is there already and isn't overwritten" : String(cString: strerror(errno))
            throw failure("\(path): \(reason)", errno == EEXIST ? .usage : .internal)
        }
        do {
            try await record(to: FileHandle(fileDescriptor: file, closeOnDealloc: true))
        } catch {
            unlink(path)
            throw error
        }
        say("written to \(path)")
    }

    private func record(to file: FileHandle) async throws {
        // From here on a Ctrl-C ends the recording, not this program.
        let stop = Self.stopSignals()
        let began = ContinuousClock.now
        _ = try await options.ask(within: .seconds(30)) { try await $0.beginRecording(name) }
        say("recording \(name) for \(seconds) seconds; Ctrl-C ends it before")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stop { break } }
            group.addTask { try? await Task.sleep(until: began + .seconds(seconds), clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
        let recording = try await options.ask(within: .seconds(30)) { try await $0.endRecording(name) }
        try file.write(contentsOf: Data(recording.text.utf8))
        try file.synchronize()
    }

    private static func stopSignals() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let sources = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield() }
                source.activate()
                return source
            }
            continuation.onTermination = { _ in for source in sources { source.cancel() } }
        }
    }

    private func say(_ line: String) {
        FileHandle.standardError.write(Data("kioskctl: \(Table.printable(line))\n".utf8))
    }

    private func failure(_ line: String, _ outcome: Outcome) -> ExitCode {
        say(line)
        return outcome.exitCode
    }

    private static func parse(_ text: String) throws -> Int {
        guard let seconds = Int(text), (1...3600).contains(seconds) else { throw ValidationError("'\(text)' isn't a number from 1 to 3600") }
        return seconds
    }
}
