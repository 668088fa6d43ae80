/// How personal values look on a screen that others may see.
enum Masking {
    /// The first character, the rest hidden: 王** — enough for its owner, too little for a bystander.
    static func name(_ name: String) -> String {
        guard let first = name.first else { return "" }
        return String(first) + String(repeating: "*", count: max(1, min(name.count - 1, 3)))
    }
}
