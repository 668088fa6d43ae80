/// The words of one line. Blanks part them; "quotes" keep blanks in a word; # at a word's start begins a comment.
struct ScenarioLine {
    var words: [String]

    struct OpenQuote: Error {}

    init(_ text: Substring) throws(OpenQuote) {
        words = []
        var word: String?
        var isQuoted = false
        for character in text {
            if isQuoted {
                if character == "\"" { isQuoted = false } else { word?.append(character) }
            } else if character == "\"" {
                isQuoted = true
                word = word ?? ""
            } else if character == "#", word == nil {
                break
            } else if character.isWhitespace {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard !isQuoted else { throw OpenQuote() }
        if let word { words.append(word) }
    }
}
