internal import Glibc

/// Why the conversation with the kernel ended before the plug was pulled.
public enum USBIPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection closed in the middle of a message.
    case truncated(got: Int, wanted: Int)
    /// Neither USBIP_CMD_SUBMIT nor USBIP_CMD_UNLINK.
    case command(UInt32)
    case direction(UInt32)
    case endpoint(UInt32)
    /// A transfer longer than any this device knows.
    case length(UInt32)
    /// The device has no isochronous endpoint.
    case isochronous(UInt32)
    case system(call: String, code: Int32)

    public var description: String {
        switch self {
        case .truncated(let got, let wanted): "the USB/IP connection ended \(got) bytes into a message part of \(wanted)"
        case .command(let command): "\(command) is no USB/IP command that a device is sent (1 submit, 2 unlink): is the other end a vhci-hcd?"
        case .direction(let direction): "\(direction) is no direction (0 out, 1 in)"
        case .endpoint(let endpoint): "\(endpoint) is no endpoint (0 to 15)"
        case .length(let length): "a transfer of \(length) bytes is longer than \(USBIPRequest.longestTransfer)"
        case .isochronous(let count): "\(count) isochronous packets were asked of a device without an isochronous endpoint"
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        }
    }
}
