/// All that the touchscreen shows at one moment. The page renders it and holds no logic of its own (rule 8 of the design).
///
/// Texts are keys into Kiosk/strings/<language>.json with arguments; the page only looks them up.
public struct Screen: Sendable, Codable, Equatable {
    public enum Tone: String, Sendable, Codable { case normal, success, attention, problem }

    /// Stable name of the screen, e.g. `lay-card`: used by tests, style hooks and speech.
    public var name: String
    public var language: Language
    public var tone: Tone
    public var title: Text
    /// Step n of m of the journey, when one is under way.
    public var step: Step?
    public var body: [Component]
    /// Buttons, main one first.
    public var actions: [Action]
    /// Set while a time-out is about to end the session: the page shows it over everything else.
    public var countdown: Countdown?

    public init(
        name: String, language: Language, tone: Tone = .normal, title: Text, step: Step? = nil, body: [Component] = [], actions: [Action] = [],
        countdown: Countdown? = nil
    ) {
        self.name = name
        self.language = language
        self.tone = tone
        self.title = title
        self.step = step
        self.body = body
        self.actions = actions
        self.countdown = countdown
    }

    public struct Step: Sendable, Codable, Equatable {
        public var current: Int
        public var total: Int

        public init(current: Int, total: Int) {
            self.current = current
            self.total = total
        }
    }

    public struct Action: Sendable, Codable, Equatable {
        public enum Style: String, Sendable, Codable { case primary, secondary, quiet }

        /// What the touch posts back.
        public var touch: Touch
        public var label: Text
        public var style: Style

        public init(_ touch: Touch, label: Text, style: Style = .secondary) {
            self.touch = touch
            self.label = label
            self.style = style
        }
    }

    public struct Countdown: Sendable, Codable, Equatable {
        /// seconds; the page counts down on its own from the moment it was pushed
        public var seconds: Int
        public var extend: Action
        public var leave: Action

        public init(seconds: Int, extend: Action, leave: Action) {
            self.seconds = seconds
            self.extend = extend
            self.leave = leave
        }
    }
}

extension Screen {
    /// A text of the string table, or words that come as they are (names of service items, masked values).
    public enum Text: Sendable, Codable, Equatable {
        /// `{name}` in the table's entry is replaced by the argument of that name.
        case key(String, [String: String])
        case verbatim(String)

        public static func key(_ key: String) -> Text { .key(key, [:]) }
    }

    public enum Component: Sendable, Codable, Equatable {
        case paragraph(Text)
        /// Set apart, with an icon by tone: what went wrong and what to do.
        case notice(Tone, Text)
        /// Label and value rows.
        case facts([Fact])
        /// Big tappable rows.
        case choice([Choice])
        /// Materials with their state; an open one can be tapped.
        case checklist([ChecklistRow])
        /// Thumbnails of scanned pages, each fetched as `/pages/<id>` on this origin.
        case pages([PageThumbnail])
        /// nil fraction: under way, length unknown.
        case progress(Text, fraction: Double?)
        /// A drawing of the gesture: `lay-card`, `insert-pages`, `lay-page`, `take-receipt`, `take-card`.
        case illustration(String)
        /// What a camera sees now, fetched as `/camera/<name>` on this origin; the text says it to who can't see it.
        case camera(name: String, Text)
        /// Large reference number, with the QR code's text.
        case reference(number: String, code: String?)
    }

    public struct Fact: Sendable, Codable, Equatable {
        public var label: Text
        public var value: Text

        public init(_ label: Text, _ value: Text) {
            self.label = label
            self.value = value
        }
    }

    public struct Choice: Sendable, Codable, Equatable {
        public var touch: Touch
        public var title: Text
        public var detail: Text?
        /// Greyed out with this reason when set.
        public var unavailable: Text?

        public init(_ touch: Touch, title: Text, detail: Text? = nil, unavailable: Text? = nil) {
            self.touch = touch
            self.title = title
            self.detail = detail
            self.unavailable = unavailable
        }
    }

    public struct ChecklistRow: Sendable, Codable, Equatable {
        public enum State: String, Sendable, Codable { case missing, done, optional }

        /// nil: nothing to tap.
        public var touch: Touch?
        public var title: Text
        public var detail: Text?
        public var state: State

        public init(_ touch: Touch?, title: Text, detail: Text? = nil, state: State) {
            self.touch = touch
            self.title = title
            self.detail = detail
            self.state = state
        }
    }

    public struct PageThumbnail: Sendable, Codable, Equatable {
        /// Opaque; dies with the session.
        public var id: String
        public var label: Text
        /// What is wrong with the page and what to do, the gravest first.
        public var advice: [Text]
        /// What can be done about this one page: scan it again, take it away.
        public var actions: [Action]

        public init(id: String, label: Text, advice: [Text] = [], actions: [Action] = []) {
            self.id = id
            self.label = label
            self.advice = advice
            self.actions = actions
        }
    }
}

public enum Language: String, Sendable, Codable, CaseIterable {
    case simplifiedChinese = "zh-Hans"
    case english = "en"

    /// What its speakers call it: the one word on a screen that is never translated.
    public var ownName: String {
        switch self {
        case .simplifiedChinese: "中文"
        case .english: "English"
        }
    }
}

/// Everything a citizen can do on a screen. `value` where the screen offers one of many.
public struct Touch: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case start, chooseJourney, chooseItem, chooseMaterial, chooseLanguage
        case confirm, back, exit, help, extend, retry, scan, scanFronts, chooseSource, takePicture, finishMaterial, discardPages, removePage,
            rescanPage, submit, done
    }

    public var kind: Kind
    public var value: String?

    public init(_ kind: Kind, _ value: String? = nil) {
        self.kind = kind
        self.value = value
    }
}
