import DeviceLink

switch HostArguments.parse(Array(CommandLine.arguments.dropFirst())) {
case .help:
    print(HostArguments.help)
case .wrong(let reason):
    HostMain.end(HostExitCode.usage, "\(reason)\n\(HostArguments.usage)")
case .run(let arguments):
    let deviceClass = arguments.deviceClass
    let hello = Hello(name: arguments.name, deviceClass: deviceClass)
    HostMain.run(hello, socketPath: arguments.socketPath, options: arguments.options, pollInterval: arguments.pollInterval) {
        try makeDriver(for: deviceClass, $0)
    }
}
