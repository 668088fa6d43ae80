import Foundation
import Testing

@testable import Bench

/// Lines as strace 6.1 prints them with `-f -qq -y -xx`.
struct TraceTests {
    private func escaped(_ text: String) -> String { text.utf8.map { String(format: "\\x%02x", $0) }.joined() }

    private func event(_ line: String) -> TraceEvent? { TraceEvent(line: Array(line.utf8)) }

    @Test func readsAWrite() {
        let line = "22968 write(3<\(escaped("/tmp/a b张.txt"))>, \"\(escaped("张三 hello\n"))\", 13) = 13"
        #expect(event(line) == .write(path: "/tmp/a b张.txt", bytes: Array("张三 hello\n".utf8), deleted: false))
    }

    @Test func readsAWriteToADeletedFileAndOneCutByAnotherThread() {
        let line = "7 pwrite64(3<\(escaped("/tmp/x"))>(deleted), \"\(escaped("pw"))\", 2, 3 <unfinished ...>"
        #expect(event(line) == .write(path: "/tmp/x", bytes: Array("pw".utf8), deleted: true))
        #expect(event("7 <... pwrite64 resumed>) = 2") == nil)
    }

    @Test func joinsTheParts() {
        let line =
            "7 writev(3<\(escaped("/tmp/x"))>, [{iov_base=\"\(escaped("one"))\", iov_len=3}, {iov_base=\"\(escaped("two"))\", iov_len=3}], 2) = 6"
        #expect(event(line) == .write(path: "/tmp/x", bytes: Array("onetwo".utf8), deleted: false))
    }

    @Test(arguments: ["/memfd:pages", "pipe:[1]", "socket:[2]", "/dev/null", "/dev/pts/3", "/proc/self/oom_score_adj", "anon_inode:[eventfd]"])
    func passesOverWhatIsNoFile(path: String) {
        #expect(event("7 write(4<\(escaped(path))>, \"\(escaped("x"))\", 1) = 1") == nil)
    }

    @Test func filesInMemoryFileSystemsCount() {
        #expect(event("7 write(4</dev/shm/x>, \"\\x78\", 1) = 1") == .write(path: "/dev/shm/x", bytes: [0x78], deleted: false))
    }

    @Test func tellsSharedWritableMappings() {
        let file = escaped("/data/q.sqlite-shm")
        #expect(event("7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 7<\(file)>, 0) = 0x7f15") == .mapping(path: "/data/q.sqlite-shm"))
        #expect(event("7 mmap(NULL, 32768, PROT_READ, MAP_SHARED, 7<\(file)>, 0) = 0x7f15") == nil)
        #expect(event("7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_PRIVATE, 7<\(file)>, 0) = 0x7f15") == nil)
        #expect(event("7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f15") == nil)
    }

    @Test func tellsWhatTheKernelMoves() {
        #expect(event("7 sendfile(5<\(escaped("/a"))>, 6<\(escaped("/b"))>, NULL, 9) = 9") == .unseen(path: "/a"))
        #expect(event("7 sendfile(5<\(escaped("socket:[3]"))>, 6<\(escaped("/b"))>, NULL, 9) = 9") == nil)
        #expect(event("7 copy_file_range(5<\(escaped("/a"))>, NULL, 6<\(escaped("/b"))>, NULL, 9, 0) = 9") == .unseen(path: "/b"))
    }

    @Test func aCutWriteIsUnseen() {
        #expect(event("7 write(3<\(escaped("/data/x"))>, \"\(escaped("be"))\"..., 9) = 9") == .unseen(path: "/data/x"))
        let dots = "7 write(3<\(escaped("/data/x"))>, \"\(escaped("\"..."))\", 4) = 4"
        #expect(event(dots) == .write(path: "/data/x", bytes: Array("\"...".utf8), deleted: false))
    }

    @Test func tellsWhatNobodyCanSearch() {
        func connect(_ path: String) -> TraceEvent? {
            event("7 connect(3<\(escaped("socket:[9]"))>, {sa_family=AF_UNIX, sun_path=\"\(escaped(path))\"}, 110) = -1 ENOENT (x)")
        }
        #expect(connect("/dev/log") == .unseen(path: "the system's log, /dev/log"))
        #expect(connect("/run/systemd/journal/stdout") == .unseen(path: "the system's log, /run/systemd/journal/stdout"))
        #expect(connect("/run/dbus/system_bus_socket") == nil)
        #expect(event("7 connect(3<\(escaped("socket:[9]"))>, {sa_family=AF_INET, sin_port=htons(1)}, 16) = 0") == nil)
        #expect(event("7 io_uring_setup(8, {flags=0}) = 3<\(escaped("anon_inode:[io_uring]"))>") == .unseen(path: "an io_uring"))
    }

    @Test func aLinksTargetIsAName() {
        #expect(event("7 symlink(\"\(escaped("张三"))\", \"\(escaped("/tmp/l"))\") = 0") == .name("张三\n/tmp/l"))
    }

    @Test func tellsNames() {
        let place = "AT_FDCWD<\(escaped("/tmp"))>"
        #expect(event("7 openat(\(place), \"\(escaped("/tmp/n"))\", O_WRONLY|O_CREAT, 0666) = 3") == .name("/tmp/n"))
        #expect(event("7 openat(\(place), \"\(escaped("/tmp/n"))\", O_RDONLY) = 3") == nil)
        #expect(event("7 rename(\"\(escaped("/tmp/a"))\", \"\(escaped("/tmp/b"))\") = 0") == .renamed(from: "/tmp/a", to: "/tmp/b"))
        let at = "7 renameat2(\(place), \"\(escaped("a"))\", \(place), \"\(escaped("b"))\", RENAME_NOREPLACE) = 0"
        #expect(event(at) == .renamed(from: "/tmp/a", to: "/tmp/b"))
    }

    @Test func theReaderTakesATraceCutAnywhereAndSkipsBigPages() {
        let ledger = WriteLedger()
        var reader = TraceReader(ledger: ledger)
        let page = String(repeating: "\\xff", count: 40_000)
        let trace = """
            1 write(3<\(escaped("/memfd:page"))>(deleted), "\(page)", 40000) = 40000
            1 write(4<\(escaped("/data/f"))>, "\(escaped("abc"))", 3) = 3
            2 write(4<\(escaped("/data/f"))>, "\(page)", 40000) = 40000
            """
        let bytes = Array(trace.utf8)
        for start in stride(from: 0, to: bytes.count, by: 777) {
            bytes[start..<min(bytes.count, start + 777)].withUnsafeBytes { reader.feed($0) }
        }
        reader.finish()
        #expect(ledger.summary.files == 1)
        #expect(ledger.bytesWritten(under: "/data/") == 40_003)
    }
}
