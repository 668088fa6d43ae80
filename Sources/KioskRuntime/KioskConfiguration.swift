public import Foundation
public import KioskModel

/// What kioskd is told in its one configuration file; kioskd decodes it, and names file and key of what is wrong.
public struct KioskConfiguration: Sendable {
    public struct Device: Sendable {
        public var name: String
        public var deviceClass: DeviceClass
        public var options: [String: String]
        public var environment: [String: String]

        public init(name: String, deviceClass: DeviceClass, options: [String: String], environment: [String: String]) {
            self.name = name
            self.deviceClass = deviceClass
            self.options = options
            self.environment = environment
        }
    }

    /// Enrolment name: `kiosk-1`.
    public var kiosk: String
    /// The outbox. On the disk.
    public var dataDirectory: URL
    /// Sockets, the start address and the page's token. On tmpfs.
    public var runtimeDirectory: URL
    public var webDirectory: URL
    public var stringsDirectory: URL
    /// 0 lets the system choose.
    public var webPort: Int
    /// Origin that may frame the page: a development aid, nil in the field.
    public var frameAncestor: String?
    public var catalogueDirectory: URL
    public var credentialFile: URL
    /// The kiosk's own key, as `kioskctl key make` wrote it.
    public var signingKeyFile: URL
    /// Overrides the credential's address.
    public var platformURL: URL?
    /// bytes a second that all deliveries together may send; nil for what the line takes
    public var bandwidth: Int?
    /// The kiosk-device executable.
    public var deviceHost: URL
    public var devices: [Device]
    /// Name of the camera that looks at papers, in `devices`; nil for a kiosk without.
    public var documentCamera: String?
    /// seconds that the battery must last for a new citizen to be let in
    public var minimumRuntime: Int
    public var queue: Queue

    public init(
        kiosk: String, dataDirectory: URL, runtimeDirectory: URL, webDirectory: URL, stringsDirectory: URL, webPort: Int, frameAncestor: String?,
        catalogueDirectory: URL, credentialFile: URL, signingKeyFile: URL, platformURL: URL?, bandwidth: Int? = nil, deviceHost: URL,
        devices: [Device],
        documentCamera: String? = nil, minimumRuntime: Int = PowerPolicy.defaultMinimum, queue: Queue = Queue()
    ) {
        self.kiosk = kiosk
        self.dataDirectory = dataDirectory
        self.runtimeDirectory = runtimeDirectory
        self.webDirectory = webDirectory
        self.stringsDirectory = stringsDirectory
        self.webPort = webPort
        self.frameAncestor = frameAncestor
        self.catalogueDirectory = catalogueDirectory
        self.credentialFile = credentialFile
        self.signingKeyFile = signingKeyFile
        self.platformURL = platformURL
        self.bandwidth = bandwidth
        self.deviceHost = deviceHost
        self.devices = devices
        self.documentCamera = documentCamera
        self.minimumRuntime = minimumRuntime
        self.queue = queue
    }

    /// The device that serves each class: the first one named, and of cameras the one for documents.
    public var roles: [DeviceClass: String] {
        var roles = Dictionary(devices.map { ($0.deviceClass, $0.name) }, uniquingKeysWith: { first, _ in first })
        roles[.camera] = documentCamera
        return roles
    }

    public var controlSocket: URL { runtimeDirectory.appendingPathComponent("control.sock") }
    public var deviceSocket: URL { runtimeDirectory.appendingPathComponent("devices.sock") }
    public var startAddressFile: URL { runtimeDirectory.appendingPathComponent("start-url") }
    public var tokenFile: URL { runtimeDirectory.appendingPathComponent("page-token") }
}
