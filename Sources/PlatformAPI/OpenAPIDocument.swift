/// The OpenAPI 3.1 document of the platform: openapi.json beside this file, built into the program, so that every server serves the one it was
/// built with. A test holds it to the server's routes.
public enum OpenAPIDocument {
    /// UTF-8.
    public static var json: String { String(decoding: PackageResources.openapi_json, as: UTF8.self) }
}
