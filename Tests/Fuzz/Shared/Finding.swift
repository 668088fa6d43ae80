import Glibc

/// A finding: libFuzzer keeps the input that led here.
func give(_ finding: String) -> Never {
    let line = Array("finding: \(finding)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

func demand(_ condition: Bool, _ finding: @autoclosure () -> String) {
    if !condition { give(finding()) }
}

/// Runs one input, and demands that it leaves no descriptor behind.
func withoutLeftovers(_ body: () -> Void) {
    let before = openDescriptors()
    body()
    // Threads that have done their work may still be letting go of it.
    let end = ContinuousClock.now + .seconds(10)
    while openDescriptors() > before {
        demand(ContinuousClock.now < end, "\(openDescriptors() - before) descriptors were left open")
        sched_yield()
    }
}

private func openDescriptors() -> Int {
    var probes = (0..<Int32(512)).map { pollfd(fd: $0, events: 0, revents: 0) }
    poll(&probes, nfds_t(probes.count), 0)
    return probes.count { $0.revents & Int16(POLLNVAL) == 0 }
}
