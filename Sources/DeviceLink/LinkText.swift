package import KioskModel

/// Bounds of the free texts on the link. A host keeps to them; kioskd ends a link that doesn't.
public enum LinkText {
    /// bytes of ``DeviceFault/code``
    public static let maxCode = 64
    /// bytes of ``DeviceFault/detail``, and of a value of ``DeviceStatus/identity``
    public static let maxDetail = 512
    /// bytes of a key of ``DeviceStatus/identity``
    public static let maxKey = 64
    /// entries of ``DeviceStatus/identity``
    public static let maxEntries = 32
    /// bytes of one of ``PrinterProgress/reasons`` (RFC 8011 keyword), of which there are at most ``maxEntries``
    public static let maxReason = 255

    /// Whether `text` is short and holds no control character, so that it can stand in a log line.
    public static func isClean(_ text: String, maxBytes: Int) -> Bool {
        text.utf8.count <= maxBytes && !text.unicodeScalars.contains(where: isControl)
    }

    /// `text` made clean: control characters become spaces, what is too long is cut.
    public static func cleaned(_ text: String, maxBytes: Int) -> String {
        var result = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let kept = isControl(scalar) ? " " : scalar
            bytes += UTF8.width(kept)
            guard bytes <= maxBytes else { break }
            result.append(kept)
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

/// Bounds of the numbers on the link.
public enum LinkBounds {
    /// milliseconds: one day
    public static let maxDeadline = 86_400_000
    /// of ``DeviceStatus/conditions``: every door of a cabinet, and more
    public static let maxConditions = 128
    /// of ``DeviceCondition/value``: seconds of a week
    public static let maxConditionValue = 604_800
}

extension DeviceFault {
    /// Within the bounds of ``LinkText``.
    package var cleaned: DeviceFault {
        DeviceFault(
            code: LinkText.cleaned(code, maxBytes: LinkText.maxCode), action: action, detail: LinkText.cleaned(detail, maxBytes: LinkText.maxDetail))
    }

    package var isClean: Bool {
        LinkText.isClean(code, maxBytes: LinkText.maxCode) && LinkText.isClean(detail, maxBytes: LinkText.maxDetail)
    }
}

extension DeviceStatus {
    /// Within the bounds of ``LinkText``.
    package var cleaned: DeviceStatus {
        var identity: [String: String] = [:]
        for (key, value) in self.identity.sorted(by: { $0.key < $1.key }).prefix(LinkText.maxEntries) {
            identity[LinkText.cleaned(key, maxBytes: LinkText.maxKey)] = LinkText.cleaned(value, maxBytes: LinkText.maxDetail)
        }
        return DeviceStatus(state: state, fault: fault?.cleaned, identity: identity, conditions: conditions.prefix(LinkBounds.maxConditions))
    }

    package var isClean: Bool {
        fault?.isClean != false && hasCleanConditions && identity.count <= LinkText.maxEntries
            && identity.allSatisfy {
                LinkText.isClean($0.key, maxBytes: LinkText.maxKey) && LinkText.isClean($0.value, maxBytes: LinkText.maxDetail)
            }
    }
}

extension DeviceStatus {
    /// Few, each once, in order, and counting what can be counted.
    private var hasCleanConditions: Bool {
        conditions.count <= LinkBounds.maxConditions && zip(conditions, conditions.dropFirst()).allSatisfy(<)
            && conditions.allSatisfy { $0.value.map { (0...LinkBounds.maxConditionValue).contains($0) } ?? true }
    }
}

extension DeviceProgress {
    /// Within the bounds of ``LinkText``: a printer on the network may say anything.
    package var cleaned: DeviceProgress {
        guard case .printing(var progress) = self else { return self }
        progress.reasons = progress.reasons.prefix(LinkText.maxEntries).map { LinkText.cleaned($0, maxBytes: LinkText.maxReason) }
        return .printing(progress)
    }
}
