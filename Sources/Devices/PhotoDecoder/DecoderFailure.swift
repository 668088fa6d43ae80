internal import KioskModel
internal import PhotoDecoderShim

/// Why there is no picture. One case for each code of the shim, and one for what is no photo.
enum DecoderFailure: Error, Equatable, CaseIterable {
    case timeout, absent, access, format, crashed, failed, picture, system, photo

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_DECODER_TIMEOUT: .timeout
            case KIOSK_DECODER_ABSENT: .absent
            case KIOSK_DECODER_ACCESS: .access
            case KIOSK_DECODER_FORMAT: .format
            case KIOSK_DECODER_CRASHED: .crashed
            case KIOSK_DECODER_FAILED: .failed
            case KIOSK_DECODER_PICTURE: .picture
            default: .system
            }
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout: DeviceFault(code: "decoder.no-answer", action: .replace, detail: "the photo decoder didn't end in time and was killed")
        case .absent: DeviceFault(code: "decoder.absent", action: .configure, detail: "there is no program at decoder=; install the vendor's decoder")
        case .access:
            DeviceFault(code: "decoder.access", action: .configure, detail: "decoder= is no program that this user may run; chmod a+x it")
        case .format: DeviceFault(code: "decoder.format", action: .replace, detail: "decoder= is no program for this machine")
        case .crashed: DeviceFault(code: "decoder.crashed", action: .replace, detail: "a signal ended the photo decoder")
        case .failed: DeviceFault(code: "decoder.failed", action: .replace, detail: "the photo decoder ended with an exit code other than 0")
        case .picture:
            DeviceFault(code: "decoder.bad-picture", action: .replace, detail: "what the photo decoder wrote is no PPM of 102 by 126 pixels")
        case .system: DeviceFault(code: "decoder.system", action: .reset, detail: "the system refused a process for the photo decoder")
        case .photo:
            DeviceFault(code: "decoder.no-photo", action: .reset, detail: "what was to be decoded isn't 1024 bytes that begin as a WLT photo")
        }
    }

    var state: DeviceState {
        switch self {
        case .absent: .absent
        default: .needsTechnician
        }
    }
}
