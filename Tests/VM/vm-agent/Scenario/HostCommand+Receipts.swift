import Bench
import DeviceLink

extension HostCommand.Family {
    /// `printRaster WIDTH HEIGHT`: a synthetic raster of so many dots.
    static let receipts = HostCommand.Family(names: ["printRaster"]) { (name, arguments) throws(DeviceTrouble) in
        guard arguments.count == 2, let width = Int(arguments[0]), let height = Int(arguments[1]), width > 0, width % 8 == 0, height > 0 else {
            throw DeviceTrouble("write `\(name) WIDTH HEIGHT`, in dots: `printRaster 576 240`; a width is a multiple of 8")
        }
        let content = FileContent(name: "raster \(width)x\(height)") {
            [try MemoryFile.copying(SyntheticRaster.pixels(width: width, height: height))]
        }
        return HostCommand(.printRaster(RasterImage(width: width, height: height)), content: content)
    }
}
