public import Foundation
import PlatformAPI

/// Where the platform keeps its data, what it offers, where it listens, and how much it bears.
public struct PlatformConfiguration: Sendable {
    /// Sizes and times that bound what a client can make the platform hold.
    public struct Limits: Sendable {
        /// bytes of a sealed application packet
        public var maxApplicationPacket = 1 << 20
        /// bytes of a sealed material packet
        public var maxMaterialPacket = 64 << 20
        /// bytes of one PATCH that carries a checksum
        public var maxChecksummedPatch = 1 << 20
        /// Uploads that one kiosk may have begun and not finished.
        public var maxOpenUploads = 256
        /// An upload that isn't complete and to which nothing was added for so long is forgotten; its kiosk begins anew.
        public var uploadLifetime = Duration.seconds(7 * 86_400)
        /// Between two looks for such uploads.
        public var sweepInterval = Duration.seconds(3600)
        /// A connection on which nothing happens for so long is closed.
        public var idleTimeout: Duration = .seconds(30)
        /// The longest time that one request's body may take.
        public var bodyTimeout: Duration = .seconds(120)
        public var maxConnections = 512

        public init() {}
    }

    /// Holds database, keys and sealed packets; made with mode 0700 when missing.
    public var data: URL
    /// Directory with the service items.
    public var catalogue: URL
    /// The address to bind; loopback unless told otherwise.
    public var host: String
    /// 0 takes any free port.
    public var port: Int
    public var limits: Limits

    public init(data: URL, catalogue: URL, host: String = "127.0.0.1", port: Int = 0, limits: Limits = Limits()) {
        self.data = data
        self.catalogue = catalogue
        self.host = host
        self.port = port
        self.limits = limits
    }
}

/// Why the platform can't start or can't do what an administrator asked.
public enum PlatformError: Error, Sendable, CustomStringConvertible {
    case synchronousNotFull(Int)
    case badKeyFile(String)
    /// A national one, as it seems, which can't be used here.
    case unsupportedKeyFile(String)
    case missingKeyFile(String)
    case badKioskName(String)
    case insecureURL(String)
    case notInLedger(String)
    case importUnderWay
    case file(String, errno: Int32)

    public var description: String {
        switch self {
        case .synchronousNotFull(let mode): "the database runs at synchronous=\(mode) instead of FULL (2); it must not be used"
        case .badKeyFile(let name): "the key file \(name) holds no key: that is 32 bytes, or PEM of a national one"
        case .unsupportedKeyFile(let name): "the key file \(name) can't be used: \(NationalCryptoError.failed)"
        case .missingKeyFile(let name):
            "the key file \(name) is missing beside others or beside a database: bring it back (is the keys' file system mounted?); without it packets are lost"
        case .badKioskName(let name): "\(name) is not a kiosk name: use 1 to \(KioskName.longest) of a–z, 0–9 and -, and not \"operator\""
        case .insecureURL(let url): "\(url) is neither https nor http to a loopback address"
        case .notInLedger(let mark): "the ledger doesn't have \(mark), or no longer: ask `platformd ledger` before each backup begins"
        case .importUnderWay: "another import is under way: let it come to its end, then begin again"
        case .file(let path, let code): "\(path): \(String(cString: strerror(code)))"
        }
    }
}
