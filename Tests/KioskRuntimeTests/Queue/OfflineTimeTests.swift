import Testing

@testable import KioskRuntime

struct OfflineTimeTests {
    private typealias Moment = OfflineTime.Moment

    private let wall = 1_800_000_000
    private let hour = 3600
    private let year = 365 * 86_400

    private func moment(_ sinceBoot: Int, boot: String? = "first", wall: Int? = nil) -> Moment {
        Moment(boot: boot, sinceBoot: sinceBoot, wall: wall ?? self.wall + sinceBoot)
    }

    @Test func `it counts from the last answer`() {
        var time = OfflineTime(nil, at: moment(100))
        #expect(time.seconds(at: moment(100)) == 0)
        #expect(time.seconds(at: moment(160)) == 60)
        time.answered(at: moment(200))
        #expect(time.seconds(at: moment(200)) == 0)
        #expect(time.seconds(at: moment(230)) == 30)
    }

    @Test(arguments: [2, -2]) func `a clock that is put by two years changes nothing`(years: Int) {
        let time = OfflineTime(nil, at: moment(100))
        let later = moment(100 + hour, wall: wall + years * year)
        #expect(time.seconds(at: later) == hour)
        // Nor over a restart of kioskd, with the clock put before it, behind it, or there and back.
        let record = time.record(at: later)
        #expect(OfflineTime(record, at: moment(200 + hour)).seconds(at: moment(200 + hour)) == hour + 100)
        let before = time.record(at: moment(100 + hour))
        #expect(OfflineTime(before, at: moment(200 + hour, wall: wall + years * year)).seconds(at: moment(200 + hour)) == hour + 100)
    }

    @Test func `the time in which kioskd was down counts`() {
        let record = OfflineTime(nil, at: moment(0)).record(at: moment(hour))
        #expect(OfflineTime(record, at: moment(3 * hour)).seconds(at: moment(4 * hour)) == 4 * hour)
    }

    @Test func `the time in which the machine was off counts by the wall clock`() {
        let record = OfflineTime(nil, at: moment(0)).record(at: moment(hour))
        let back = moment(60, boot: "second", wall: wall + 11 * hour)
        #expect(OfflineTime(record, at: back).seconds(at: back) == 11 * hour)
    }

    @Test(arguments: [2 * 365 * 86_400, -2 * 365 * 86_400, -60, OfflineTime.longestGap + 3601])
    func `over a start of the machine a clock that was put counts for nothing`(jump: Int) {
        let record = OfflineTime(nil, at: moment(0)).record(at: moment(hour))
        let back = moment(60, boot: "second", wall: wall + hour + jump)
        // But what is known stays known: the hour of before, and the minute since.
        #expect(OfflineTime(record, at: back).seconds(at: back) == hour + 60)
    }

    @Test func `a system that doesn't tell its starts apart is judged by how long it has been up`() {
        let record = OfflineTime(nil, at: moment(0, boot: nil)).record(at: moment(hour, boot: nil))
        let later = moment(2 * hour, boot: nil)
        #expect(OfflineTime(record, at: later).seconds(at: later) == 2 * hour)
        let back = moment(60, boot: nil, wall: wall + 11 * hour)
        #expect(OfflineTime(record, at: back).seconds(at: back) == 11 * hour)
    }

    @Test func `numbers that no kiosk wrote are passed over`() {
        for (offline, sinceBoot, wall) in [(-1, 0, 0), (.max, 0, 0), (0, .min, 0), (0, 0, .max)] {
            let record = OfflineTime.Record(offline: offline, boot: "first", sinceBoot: sinceBoot, wall: wall)
            #expect(OfflineTime(record, at: moment(5)).seconds(at: moment(5)) == 0)
        }
    }

    @Test func `this machine's clocks can be read`() {
        let (first, second) = (Moment.now, Moment.now)
        #expect(first.boot != nil && first.boot == second.boot)
        #expect(first.sinceBoot > 0 && second.sinceBoot >= first.sinceBoot && first.wall > 1_700_000_000)
    }
}
