internal import DeviceLink

/// Judges the light of a small gray picture. Means over areas, not a histogram: what counts is whether a face or a page can be made out.
enum LightMeter {
    /// Below that mean nothing can be made out: 0…255. A covered camera has about 5, black in limited range 16, a dim lobby 60.
    static let darkest = 42
    /// The middle is a silhouette when it is below `silhouette` and the edge brighter by `contrast`.
    static let silhouette = 80
    static let contrast = 70

    /// nil for a picture without pixels.
    static func judge(_ gray: some RandomAccessCollection<UInt8>, width: Int, height: Int) -> CameraFrame.Light? {
        guard width >= 3, height >= 3, gray.count >= width * height else { return nil }
        var (middle, middleCount, edge, edgeCount) = (0, 0, 0, 0)
        let across = width / 3..<(2 * width / 3), down = height / 3..<height
        var index = gray.startIndex
        for y in 0..<height {
            for x in 0..<width {
                // A head and shoulders reach to the lower edge.
                if across.contains(x), down.contains(y) {
                    middle += Int(gray[index])
                    middleCount += 1
                } else {
                    edge += Int(gray[index])
                    edgeCount += 1
                }
                index = gray.index(after: index)
            }
        }
        if (middle + edge) / (middleCount + edgeCount) < darkest { return .dark }
        let (inside, outside) = (middle / middleCount, edge / edgeCount)
        return inside < silhouette && outside - inside > contrast ? .backlit : .good
    }
}
