import BadNetwork
import Foundation
import KioskModel
import LocalAPI
import PlatformAPI

/// `GET /api/state`: everything the bench page shows.
struct BenchState: Encodable {
    struct Citizen: Encodable {
        var id: String
        var label: String
        var kind: String
    }

    struct Reader: Encodable {
        var card: String?
        var plugged: Bool
    }

    struct Scanner: Encodable {
        var pages: Int
        var condition: String
    }

    struct Printer: Encodable {
        struct Document: Encodable {
            var name: String
            var url: String
        }

        var paper: Bool
        var printed: [Document]
    }

    struct Network: Encodable { var online: Bool }

    struct Application: Encodable {
        struct Material: Encodable {
            var requirement: String
            var pageCount: Int
            var byteCount: Int
        }

        var number: String
        var item: String
        var submittedAt: Date
        var materials: [Material]
    }

    var touchscreenURL: String?
    var citizens: [Citizen]
    var reader: Reader
    var scanner: Scanner
    var printer: Printer
    var hardware: BenchHardwareState
    var network: Network
    var processes: [SupervisedProcess.Report]
    var devices: [DeviceReport]
    var queue: [QueueItemReport]
    var applications: [Application]
    var log: [String]
}

extension VirtualKiosk {
    /// What can't be asked now (a stopped kioskd, a dead platform) is left out, so that the page stays alive.
    func state(touchscreenURL: String?) async throws -> BenchState {
        let quick = LocalClient(socketPath: layout.controlSocket.path, deadline: .seconds(1))
        async let devices = try? quick.devices()
        async let queue = try? quick.queue()
        async let applications = try? officer.applications()
        let supervised = [await (try kioskd).report, await (try platform).report]
        let hosts = hostProcesses().sorted { $0.key < $1.key }.map { name, pid in
            SupervisedProcess.Report(name: name, pid: pid, state: BenchProcess.isStopped(pid) ? .paused : .running)
        }
        return BenchState(
            touchscreenURL: touchscreenURL,
            citizens: SyntheticCitizen.all.map { .init(id: $0.id, label: $0.name, kind: $0.kind.rawValue) },
            reader: .init(card: reader.hasCard ? laid : nil, plugged: reader.isPlugged),
            scanner: .init(pages: await scanner.pagesLoaded, condition: scannerCondition),
            printer: .init(
                paper: paperLoaded,
                printed: printer.printedDocuments().map { .init(name: $0.lastPathComponent, url: "/api/printed/\($0.lastPathComponent)") }),
            hardware: hardware.state(power: power, card: insertedCard),
            network: .init(online: (try network).isOnline), processes: supervised + hosts, devices: await devices ?? [], queue: await queue ?? [],
            applications: (await applications ?? []).map { application in
                .init(
                    number: application.number, item: application.itemCode, submittedAt: application.submittedAt,
                    materials: application.materials.map { .init(requirement: $0.requirement, pageCount: $0.pageCount, byteCount: $0.byteCount) })
            },
            log: log.recent)
    }
}
