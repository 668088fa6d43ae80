import Foundation

let arguments = AgentArguments.parse(Array(CommandLine.arguments.dropFirst()))
switch arguments {
case .help:
    print(AgentArguments.manual)
case .wrong(let reason):
    FileHandle.standardError.write(Data("vm-agent: \(reason)\n\(AgentArguments.usage)\n".utf8))
    exit(64)
case .check(let files):
    exit(Agent.check(files) ? 0 : 65)
case .run(let file, let kind, let host, let verbose):
    exit(await Agent.run(file, kind: kind, host: host, verbose: verbose) ? 0 : 1)
case .serve(let port, let payload):
    do {
        try await Agent(port: port, payload: payload).serve()
    } catch {
        FileHandle.standardError.write(Data("vm-agent: \(error)\n".utf8))
        exit(74)
    }
}
