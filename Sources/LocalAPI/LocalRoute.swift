public import Foundation

/// The paths of the local API that `LocalClient` and kioskd share. All are `GET` unless they say otherwise, and answer with JSON made by `LocalJSON`, or
/// with a `LocalProblem`; what a device refused is one with status 502 and the fault's code.
public enum LocalRoute {
    /// `KioskReport`
    public static let status = "/v1/status"
    /// `[DeviceReport]`, in the order of the configuration
    public static let devices = "/v1/devices"
    /// `DeviceReport`; 404 `device.unknown`
    public static let devicePattern = "/v1/devices/{name}"
    /// `[DeviceLogEntry]`, the newest first; `?limit=` (1…1000, default 50); 404 `device.unknown`
    public static let deviceLogPattern = "/v1/devices/{name}/log"
    /// `POST`: has the device let go of and opened anew. `DeviceReport` as it was just after; 404 `device.unknown`
    public static let deviceResetPattern = "/v1/devices/{name}/reset"
    /// `POST`: begins a recording of the device's line, which opens it anew. `DeviceReport`; 404 `device.unknown`
    public static let recordingBeginPattern = "/v1/devices/{name}/recording/begin"
    /// `POST`: ends it. `DeviceRecording`; 404 `device.unknown`
    public static let recordingEndPattern = "/v1/devices/{name}/recording/end"
    /// `[QueueItemReport]` in order of commit, the newest 1000; `?state=` narrows to one state, `?after=` gives the next 1000 behind that number instead
    public static let queue = "/v1/queue"
    /// `QueueItemReport`; 404 `queue.unknown`
    public static let queueItemPattern = "/v1/queue/{id}"
    /// `POST`: has the item wait until `queueRetryPattern`. `QueueItemReport`; 404 `queue.unknown`, 409 `queue.wrong-state`
    public static let queueHoldPattern = "/v1/queue/{id}/hold"
    /// `POST`: has the item delivered at once, whatever kept it from that. `QueueItemReport`; 404 `queue.unknown`, 409 `queue.wrong-state`
    public static let queueRetryPattern = "/v1/queue/{id}/retry"
    /// `POST`: sets the item aside until `queueRetryPattern`. `QueueItemReport`; 404 `queue.unknown`, 409 `queue.wrong-state`
    public static let queueQuarantinePattern = "/v1/queue/{id}/quarantine"
    /// The item's sealed file as it lies on the disk, `application/octet-stream`; 404 `queue.unknown`, or `queue.no-file` where it is missing or erased
    public static let queuePacketPattern = "/v1/queue/{id}/packet"
    /// `QueueStatistics`
    public static let queueStatistics = "/v1/queue/statistics"
    /// `QueueVerificationReport` of the verification under way, or of the last; 404 `queue.unverified`. `POST` begins one, or hurries the one under way.
    public static let queueVerification = "/v1/queue/verification"
    /// `SessionReport`
    public static let session = "/v1/session"

    /// `name` may hold anything; what a path can't is percent-encoded.
    public static func device(_ name: String) -> String {
        devices + "/" + encoded(name)
    }

    public static func deviceLog(_ name: String, limit: Int) -> String { device(name) + "/log?limit=\(limit)" }

    public static func deviceReset(_ name: String) -> String { device(name) + "/reset" }

    public static func recordingBegin(_ name: String) -> String { device(name) + "/recording/begin" }

    public static func recordingEnd(_ name: String) -> String { device(name) + "/recording/end" }

    /// The path of one item, its id in lower case.
    public static func queueItem(_ id: UUID) -> String {
        queue + "/" + id.uuidString.lowercased()
    }

    public static func queueHold(_ id: UUID) -> String { queueItem(id) + "/hold" }

    public static func queueRetry(_ id: UUID) -> String { queueItem(id) + "/retry" }

    public static func queuePacket(_ id: UUID) -> String { queueItem(id) + "/packet" }

    public static func queueQuarantine(_ id: UUID) -> String { queueItem(id) + "/quarantine" }

    /// Path and query of the items in one state, or of all.
    public static func queue(state: QueueItemReport.State?, after: UInt64? = nil) -> String {
        let parts = [state.map { "state=" + $0.rawValue }, after.map { "after=\($0)" }].compactMap { $0 }
        return parts.isEmpty ? queue : queue + "?" + parts.joined(separator: "&")
    }

    private static func encoded(_ segment: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~".utf8)
        return segment.utf8.map { byte in
            unreserved.contains(byte) ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
