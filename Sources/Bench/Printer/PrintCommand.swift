internal import Foundation

/// The mechanism behind `ippeveprinter`: a shell script that it runs for every job, a tray, and an output tray.
///
/// ippeveprinter itself knows neither sheets nor how to stop a job that it has cancelled, so the script does: it takes sheet by sheet from the
/// file `sheets`, tells state and progress on standard error in ippeveprinter's own words, and asks over IPP whether its job is still wanted.
struct PrintCommand: Sendable {
    static let fullTray = 250

    let directory: URL
    let sheetDuration: Duration

    /// the printer's own address, past the gate
    let uri: String

    /// Written beside the tray by hand of the simulator, and taken up by the script: keywords of `printer-state-reasons`.
    private var troubles: URL { directory.appending(path: "troubles") }
    private var applied: URL { directory.appending(path: "applied") }
    /// There while a job is at the mechanism.
    private var job: URL { directory.appending(path: "job") }
    /// There while a job stands still.
    private var standstill: URL { directory.appending(path: "standstill") }
    /// A document that prints nothing: it has the mechanism tell its troubles while there is no job.
    var inspection: URL { directory.appending(path: "inspection.pdf") }
    var inspectionRequest: URL { directory.appending(path: "inspection.test") }
    var script: URL { directory.appending(path: "print") }
    /// There once the mechanism is to give up the job that it has.
    private var breakdown: URL { directory.appending(path: "breakdown") }
    /// Cancels the job `job`, as a key on the printer does.
    var panelRequest: URL { directory.appending(path: "cancel.test") }
    private var tray: URL { directory.appending(path: "sheets") }
    private var output: URL { directory.appending(path: "printed", directoryHint: .isDirectory) }

    func install() throws {
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        try Data(Self.question.utf8).write(to: directory.appending(path: "wanted.test"))
        try Data(Self.panel.utf8).write(to: panelRequest)
        try Data("%PDF-bench\n".utf8).write(to: inspection)
        try Data(Self.inspectionText.utf8).write(to: inspectionRequest)
        try setTroubles([])
        forget()
        // Long sheets are printed in ticks of 200 ms, so that a cancelled job stops within one.
        let tick = min(max(sheetDuration, .milliseconds(10)), .milliseconds(200))
        let ticks = max(1, Int(sheetDuration / tick))
        let text = Self.text.replacing("@TICKS@", with: "\(ticks)").replacing("@TICK@", with: "\(tick / .seconds(1))")
            .replacing("@URI@", with: uri)
        try Data(text.utf8).write(to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script.path())
        try setSheets(Self.fullTray)
    }

    var sheets: Int {
        guard let text = try? String(contentsOf: tray, encoding: .utf8) else { return 0 }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    func setSheets(_ count: Int) throws {
        try Data("\(count)\n".utf8).write(to: tray, options: .atomic)
    }

    func setTroubles(_ keywords: [String]) throws {
        try Data(keywords.joined(separator: ",").utf8).write(to: troubles, options: .atomic)
    }

    var hasToldTroubles: Bool { (try? Data(contentsOf: troubles)) == (try? Data(contentsOf: applied)) }
    var isAtWork: Bool { FileManager.default.fileExists(atPath: job.path()) }
    /// The number of the job that is at the mechanism.
    var jobAtWork: Int? {
        (try? String(contentsOf: job, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// The mechanism gives the next job up that it has, or the one at work, at its next sheet or tick.
    func breakDown() throws {
        try Data().write(to: breakdown)
    }

    var standsStill: Bool { FileManager.default.fileExists(atPath: standstill.path()) }

    /// What a printer forgets that is switched off.
    func forget() {
        try? Data().write(to: applied)
        for file in [job, standstill] { try? FileManager.default.removeItem(at: file) }
    }

    func printedDocuments() -> [URL] {
        let files = (try? FileManager.default.contentsOfDirectory(at: output, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "pdf" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    private static let text = #"""
        #!/bin/sh
        # Prints the PDF $1 on the sheets of the virtual tray. Speaks ippeveprinter's language on standard error.
        here=$(dirname "$0")

        # Nobody wants a job that was cancelled, or whose printer was switched off.
        wanted() { kill -0 "$PPID" 2>/dev/null && ipptool -q -d job="$IPP_JOB_ID" @URI@ "$here/wanted.test"; }
        sheets() { cat "$here/sheets"; }
        tell() {
          want=$(cat "$here/troubles") have=$(cat "$here/applied")
          [ "$want" = "$have" ] && return
          [ -z "$have" ] || echo "STATE: -$have" >&2
          [ -z "$want" ] || echo "STATE: +$want" >&2
          printf %s "$want" >"$here/applied.new" && mv "$here/applied.new" "$here/applied"
        }
        stuck() {
          tell
          case ",$(cat "$here/applied")," in *,media-jam,*|*,cover-open,*|*,toner-empty,*) return 0 ;; esac
          return 1
        }
        # Waits while the condition $1 holds.
        hold() {
          if "$1"; then
            : >"$here/standstill"
            while "$1"; do
              if ! wanted; then rm -f "$here/standstill"; exit 0; fi
              sleep 0.1
            done
            rm -f "$here/standstill"
          fi
        }
        empty() { tell; [ "$(sheets)" -le 0 ]; }

        if [ "$(head -c 10 "$1")" = %PDF-bench ]; then tell; exit 0; fi
        echo "$IPP_JOB_ID" >"$here/job.new" && mv "$here/job.new" "$here/job"
        trap 'rm -f "$here/job"' EXIT

        pages=$(grep -acE '/Type */Page([^s]|$)' "$1")
        [ "$pages" -gt 0 ] || pages=1
        sides=1
        case "$IPP_SIDES" in two-sided*) sides=2 ;; esac
        each=$(((pages + sides - 1) / sides))
        total=$((each * ${IPP_COPIES:-1}))
        done=0 printed=0
        while [ "$done" -lt "$total" ]; do
          if empty; then
            echo 'STATE: +media-empty,media-needed' >&2
            hold empty
            echo 'STATE: -media-empty,media-needed' >&2
          fi
          tick=0
          while [ "$tick" -lt @TICKS@ ]; do
            wanted || exit 0
            if [ -e "$here/breakdown" ]; then rm "$here/breakdown"; exit 1; fi
            hold stuck
            sleep @TICK@
            tick=$((tick + 1))
          done
          echo $(($(sheets) - 1)) >"$here/sheets.new" && mv "$here/sheets.new" "$here/sheets"
          done=$((done + 1))
          printed=$((printed + sides))
          # The last sheet of an odd number of pages has one side.
          [ $((done % each)) -ne 0 ] || printed=$((printed - each * sides + pages))
          echo "ATTR: job-impressions-completed=$printed" >&2
        done
        [ "$(sheets)" -gt 0 ] || echo 'STATE: +media-empty' >&2
        number=$(ls "$here/printed" | wc -l)
        cp "$1" "$here/printed/part" && mv "$here/printed/part" "$here/printed/$(printf %06d $((number + 1))).pdf"

        """#

    private static let panel = #"""
        {
          NAME "somebody presses the key"
          OPERATION Cancel-Job
          GROUP operation-attributes-tag
          ATTR charset attributes-charset utf-8
          ATTR naturalLanguage attributes-natural-language en
          ATTR uri printer-uri $uri
          ATTR integer job-id $job
          ATTR name requesting-user-name panel
          STATUS successful-ok
        }

        """#

    private static let inspectionText = #"""
        {
          NAME "the mechanism tells its troubles"
          OPERATION Print-Job
          GROUP operation-attributes-tag
          ATTR charset attributes-charset utf-8
          ATTR naturalLanguage attributes-natural-language en
          ATTR uri printer-uri $uri
          ATTR name requesting-user-name bench
          ATTR mimeMediaType document-format application/pdf
          FILE $filename
          STATUS successful-ok
        }

        """#

    private static let question = #"""
        {
          NAME "the job still prints"
          OPERATION Get-Job-Attributes
          GROUP operation-attributes-tag
          ATTR charset attributes-charset utf-8
          ATTR naturalLanguage attributes-natural-language en
          ATTR uri printer-uri $uri
          ATTR integer job-id $job
          STATUS successful-ok
          EXPECT job-state-reasons OF-TYPE keyword WITH-VALUE job-printing
        }

        """#
}
