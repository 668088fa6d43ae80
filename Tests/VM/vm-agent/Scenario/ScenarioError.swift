/// What is wrong with a scenario file and what to write instead, or what went otherwise than a line says.
struct ScenarioError: Error, Equatable, CustomStringConvertible {
    var file: String
    var line: Int
    var message: String

    var description: String { "\(file):\(line): \(message)" }
}
