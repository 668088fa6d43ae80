// outbox-writer DIRECTORY COUNT SIZE [FILE-LIMIT]
// outbox-writer DIRECTORY verify
//
// Commits COUNT pairs of application and material of SIZE bytes each and says what it was told, one line a fact, unbuffered:
//   open                  the outbox is open
//   sealing SEQUENCE      about to hand out sealed bytes under this number
//   ack ID ID             commit returned: these two must never be lost
//   refused CODE ID ID    commit threw: these two must never be delivered
//   verified QUARANTINED UNREADABLE ORPHANS   what a verification found, in numbers; or its error's code
//   then CODE             what the next commit met after that: an error, or `none` when it would have been taken
// Ends with 0 when all were acknowledged, with 3 at the first refusal. FILE-LIMIT is the longest file that may be written, in bytes.

import Foundation
import Glibc
import Logging
import Outbox

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // Straight to the pipe: what was said before a kill must have been said.
    guard write(1, bytes, bytes.count) == bytes.count else { exit(74) }
}

let arguments = CommandLine.arguments
if arguments.count == 3, arguments[2] == "verify" {
    do {
        let found = try Outbox(directory: URL(fileURLWithPath: arguments[1]), logger: Logger(label: "outbox-writer")).verify()
        say("verified \(found.quarantined.count) \(found.unreadable.count) \(found.orphans)")
        exit(0)
    } catch let error as OutboxError {
        say("verified \(error.code.rawValue)")
        exit(4)
    }
}
guard arguments.count >= 4, let count = Int(arguments[2]), let size = Int(arguments[3]) else { exit(64) }
if arguments.count > 4, let limit = UInt(arguments[4]) {
    signal(SIGXFSZ, SIG_IGN)
    var limits = rlimit(rlim_cur: limit, rlim_max: limit)
    guard setrlimit(__rlimit_resource_t(1), &limits) == 0 else { exit(71) }
}

/// Shows that the outbox was ready to seal.
struct Unsealed: Error {}

do {
    let outbox = try Outbox(directory: URL(fileURLWithPath: arguments[1]), logger: Logger(label: "outbox-writer"))
    say("open")
    for _ in 0..<count {
        let application = OutboxDraft(id: UUID(), kind: "application", reference: "TEST-0001")
        let material = OutboxDraft(id: UUID(), kind: "material", reference: "TEST-0001", dependsOn: application.id)
        let names = "\(application.id) \(material.id)"
        do {
            _ = try outbox.commit([application, material], at: Date()) { draft, sequence, sink in
                say("sealing \(sequence)")
                // Bytes that differ from packet to packet, in pieces.
                let piece = Data(draft.id.uuidString.utf8)
                var rest = size
                while rest > 0 {
                    try sink(piece.prefix(rest))
                    rest -= min(rest, piece.count)
                }
            }
        } catch let error as OutboxError {
            say("refused \(error.code.rawValue) \(names)")
            do {
                _ = try outbox.commit([OutboxDraft(id: UUID(), kind: "application", reference: "TEST-0002")], at: Date()) { _, _, _ in
                    throw Unsealed()
                }
            } catch let error as OutboxError {
                say("then \(error.code.rawValue)")
            } catch {
                say("then none")
            }
            exit(3)
        }
        say("ack \(names)")
    }
    // Without closing the database: what was acknowledged mustn't need that.
    exit(0)
} catch let error as OutboxError {
    say("unopened \(error.code.rawValue)")
    exit(4)
} catch {
    exit(70)
}
