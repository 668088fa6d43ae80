import Line
import Testing

@Suite struct USBIdentityTests {
    @Test func vendorAndProductAreRead() throws {
        let identity = try #require(USBIdentity("0400:C35a"))
        #expect(identity.vendor == 0x0400 && identity.product == 0xC35A)
    }

    @Test(arguments: ["", ":", "0400", "0400:", ":c35a", "400:c35a", "0400:c35a:1", "0400:c35g", "+400:c35a", "0x40:c35a", "０４００:c35a", "0400 c35a"])
    func anythingElseIsRefused(text: String) {
        #expect(USBIdentity(text) == nil)
    }
}
