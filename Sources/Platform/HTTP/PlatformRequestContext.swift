import Hummingbird

/// What a request carries through middleware and handlers.
struct PlatformRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by `Authenticator`; nil on routes that are open to all.
    var principal: Principal?

    init(source: Source) {
        coreContext = .init(source: source)
    }
}

/// Who sent a request.
enum Principal: Sendable, Hashable {
    case kiosk(String)
    case `operator`
}
