import ArgumentParser

struct Queue: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The outbox: what waits for the platform, and what it has taken.",
        subcommands: [
            QueueList.self, QueueShow.self, QueueStats.self, QueueVerify.self, QueueHold.self, QueueRetry.self, QueueQuarantine.self,
            QueueExport.self,
        ])
}
