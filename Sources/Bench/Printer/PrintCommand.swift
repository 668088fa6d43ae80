internal import Foundation

/// The mechanism behind `ippeveprinter`: a shell script that it runs for every job, a tray, and an output tray.
///
/// ippeveprinter itself knows neither sheets nor how to stop a job that it has cancelled, so the script does: it takes sheet by sheet from the
/// file `sheets`, tells state and progress on standard error in ippeveprinter's own words, and asks over IPP whether its job is still wanted.
struct PrintCommand: Sendable {
    static let fullTray = 250

    let directory: URL
    let sheetDuration: Duration

    var script: URL { directory.appending(path: "print") }
    private var tray: URL { directory.appending(path: "sheets") }
    private var output: URL { directory.appending(path: "printed", directoryHint: .isDirectory) }

    func install() throws {
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        try Data(Self.question.utf8).write(to: directory.appending(path: "wanted.test"))
        // Long sheets are printed in ticks of 200 ms, so that a cancelled job stops within one.
        let tick = min(max(sheetDuration, .milliseconds(10)), .milliseconds(200))
        let ticks = max(1, Int(sheetDuration / tick))
        let text = Self.text.replacing("@TICKS@", with: "\(ticks)").replacing("@TICK@", with: "\(tick / .seconds(1))")
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

    func printedDocuments() -> [URL] {
        let files = (try? FileManager.default.contentsOfDirectory(at: output, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "pdf" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    private static let text = #"""
        #!/bin/sh
        # Prints the PDF $1 on the sheets of the virtual tray. Speaks ippeveprinter's language on standard error.
        here=$(dirname "$0")

        # Nobody wants a job that was cancelled, or whose printer was switched off.
        wanted() { kill -0 "$PPID" 2>/dev/null && ipptool -q -d job="$IPP_JOB_ID" "$IPP_JOB_PRINTER_URI" "$here/wanted.test"; }
        sheets() { cat "$here/sheets"; }

        pages=$(grep -acE '/Type */Page([^s]|$)' "$1")
        [ "$pages" -gt 0 ] || pages=1
        total=$((pages * ${IPP_COPIES:-1}))
        done=0
        while [ "$done" -lt "$total" ]; do
          if [ "$(sheets)" -le 0 ]; then
            echo 'STATE: +media-empty,media-needed' >&2
            until [ "$(sheets)" -gt 0 ]; do wanted || exit 0; sleep 0.1; done
            echo 'STATE: -media-empty,media-needed' >&2
          fi
          tick=0
          while [ "$tick" -lt @TICKS@ ]; do
            wanted || exit 0
            sleep @TICK@
            tick=$((tick + 1))
          done
          echo $(($(sheets) - 1)) >"$here/sheets.new" && mv "$here/sheets.new" "$here/sheets"
          done=$((done + 1))
          echo "ATTR: job-impressions-completed=$done" >&2
        done
        [ "$(sheets)" -gt 0 ] || echo 'STATE: +media-empty' >&2
        number=$(ls "$here/printed" | wc -l)
        cp "$1" "$here/printed/part" && mv "$here/printed/part" "$here/printed/$(printf %06d $((number + 1))).pdf"

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
