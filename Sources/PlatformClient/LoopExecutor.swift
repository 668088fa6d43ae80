import NIOCore
import NIOPosix

/// Runs tasks on the thread of an event loop: a request that is made there is answered there, and nobody needs to be woken between the two.
final class LoopExecutor: TaskExecutor {
    /// The uplink's own thread, which may be blocked by the disk: nobody waits for it but other uploads, and questions to the platform. A disk that hangs for half of
    /// a request's deadline makes the platform look as if it were away; both come back together. It lasts as long as the process, as a task that is sent to a
    /// loop behind its end is never resumed.
    static let uplink = LoopExecutor(MultiThreadedEventLoopGroup(numberOfThreads: 1).next())

    let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
