/// What a citizen can come for: a row of the menu each. The raw values stand in touches and in kiosk.yaml.
public enum Journey: String, Sendable, Hashable, CaseIterable {
    /// 材料上传
    case upload
}
