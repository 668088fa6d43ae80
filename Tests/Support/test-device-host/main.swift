import DeviceLink

// A device host for tests: the real host around a scripted driver (`--option mode=driver`, the default), or a liar that speaks raw datagrams.
switch HostArguments.parse(Array(CommandLine.arguments.dropFirst())) {
case .help:
    print(HostArguments.help)
case .wrong(let reason):
    HostMain.end(HostExitCode.usage, reason)
case .run(let arguments):
    let hello = Hello(name: arguments.name, deviceClass: arguments.deviceClass)
    if let lie = arguments.options["lie"] {
        try Liar(hello: hello, socketPath: arguments.socketPath, options: arguments.options).tell(lie)
    } else if let seed = arguments.options["fuzz"].flatMap(UInt64.init) {
        var fuzzer = try Fuzzer(hello: hello, socketPath: arguments.socketPath, seed: seed)
        try fuzzer.run()
    } else {
        let options = arguments.options
        // seconds
        let limit = options["recordingLimit"].flatMap { Int($0) }.map { Duration.seconds($0) } ?? HostMain.recordingLimit
        HostMain.run(hello, socketPath: arguments.socketPath, options: options, pollInterval: arguments.pollInterval, recordingLimit: limit) { _ in
            try ScriptedDriver(options: options)
        }
    }
}
