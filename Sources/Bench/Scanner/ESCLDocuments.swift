/// The documents an eSCL scanner answers with (Mopria eSCL specification 2.97, §5 and §9).
enum ESCLDocuments {
    private static let namespaces = """
        xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"
        """

    /// Sizes are in 1/300 inch: up to 216 mm × 356 mm.
    static let capabilities = """
        <?xml version="1.0" encoding="UTF-8"?>
        <scan:ScannerCapabilities \(namespaces)>
        <pwg:Version>2.63</pwg:Version>
        <pwg:MakeAndModel>CivicKiosk Virtual Scanner</pwg:MakeAndModel>
        <pwg:SerialNumber>BENCH-1</pwg:SerialNumber>
        <scan:Platen><scan:PlatenInputCaps>\(inputCapabilities)</scan:PlatenInputCaps></scan:Platen>
        <scan:Adf>
        <scan:AdfSimplexInputCaps>\(inputCapabilities)</scan:AdfSimplexInputCaps>
        <scan:AdfDuplexInputCaps>\(inputCapabilities)</scan:AdfDuplexInputCaps>
        <scan:FeederCapacity>50</scan:FeederCapacity>
        <scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption>
        <scan:AdfOption>Duplex</scan:AdfOption></scan:AdfOptions>
        </scan:Adf>
        </scan:ScannerCapabilities>
        """

    private static let inputCapabilities = """
        <scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>2550</scan:MaxWidth>
        <scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>4200</scan:MaxHeight>
        <scan:MaxScanRegions>1</scan:MaxScanRegions>
        <scan:SettingProfiles><scan:SettingProfile>
        <scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode><scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes>
        <scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>
        <scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>
        <scan:SupportedResolutions><scan:DiscreteResolutions>
        \(ESCLSettings.resolutions.map(resolution).joined(separator: "\n"))
        </scan:DiscreteResolutions></scan:SupportedResolutions>
        </scan:SettingProfile></scan:SettingProfiles>
        """

    private static func resolution(_ value: Int) -> String {
        """
        <scan:DiscreteResolution><scan:XResolution>\(value)</scan:XResolution>\
        <scan:YResolution>\(value)</scan:YResolution></scan:DiscreteResolution>
        """
    }

    /// `adf` is one of the specification's `AdfState` words.
    static func status(adf: String, idle: Bool) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <scan:ScannerStatus \(namespaces)>
        <pwg:Version>2.63</pwg:Version>
        <pwg:State>\(idle ? "Idle" : "Processing")</pwg:State>
        <scan:AdfState>\(adf)</scan:AdfState>
        </scan:ScannerStatus>
        """
    }
}
