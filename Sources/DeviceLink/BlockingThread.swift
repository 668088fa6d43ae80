internal import Glibc
internal import LinkShim

/// A thread of its own for calls that block: Swift's cooperative pool has only as many threads as the machine has cores.
public enum BlockingThread {
    /// Starts a detached thread. The first 15 bytes of `name` are shown in /proc. Fails with the errno of pthread_create.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(LinkFailure) {
        let job = Unmanaged.passRetained(Job(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
                kiosk_thread_name(job.name)
                job.body()
                return nil
            }, job.toOpaque())
        guard code == 0 else {
            job.release()
            throw .system(call: "pthread_create", code: code)
        }
    }

    private final class Job: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
