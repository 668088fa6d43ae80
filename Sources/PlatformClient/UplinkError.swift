public import PlatformAPI

/// Why a request to the platform did not succeed, by what the caller can do about it.
public enum UplinkError: Error, Sendable, Hashable {
    /// No answer of the platform: no network, no such host, refused, cut or too slow; or a gateway before it says that it is down. Try again later.
    case unreachable
    /// The platform, or something before it, can't do it now. Try again, at the earliest after that time when one is given. `problem` is what the
    /// platform called it.
    case retryable(after: Duration?, problem: Problem.Code? = nil)
    /// The platform will never accept this. Trying again is useless.
    case rejected(Problem)
    /// Somebody else answered: a captive portal, a wrong address, or an acknowledgement that the platform did not sign.
    case notThePlatform
    /// The kiosk's credential is not, or no longer, valid.
    case unauthorised
    /// The file is not the one that was sealed: its size or digest is another, or it is gone. It needn't be sent again.
    case fileDamaged
    /// The credential's URL is neither https nor http to this machine.
    case insecureURL
}
