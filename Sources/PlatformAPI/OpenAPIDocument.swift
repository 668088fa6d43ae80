public enum OpenAPIDocument { public static let json = "{}" }
