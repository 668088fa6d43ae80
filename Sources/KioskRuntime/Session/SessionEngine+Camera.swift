internal import DeviceLink
internal import KioskFlow
internal import KioskModel

/// The document camera: what it sees, and a page out of its picture.
extension SessionEngine {
    /// Longer than anybody looks: between two commands a few frames are lost. A camera that falls silent ends its command by itself.
    private static let viewSlice = Duration.seconds(600)

    func showCamera(_ id: EffectID, after pause: Duration) async {
        // It has begun already.
        defer { camera.end(id) }
        guard (try? await Task.sleep(for: pause)) != nil else { return }
        guard !Task.isCancelled else { return }
        guard let name = roles[.camera] else { return fail(id, .fault(.noDevice(.camera))) }
        let show: @Sendable (DeviceProgress, [MemoryFile]) -> Void = { [camera] progress, files in
            guard case .frame(let frame) = progress, let jpeg = files.first, camera.put(frame, jpeg, of: id) else { return }
            Task { await self.apply(.cameraShows(id)) }
        }
        while !Task.isCancelled {
            let outcome = await devices.perform(.preview(CameraRequest()), on: name, files: [], deadline: Self.viewSlice, progress: show)
            guard case .success(.done) = outcome.completion else { return fail(id, outcome.completion) }
        }
    }

    func takePicture(_ id: EffectID) async {
        let taken = await perform(.capture(CameraRequest()), on: .camera, deadline: .seconds(20))
        guard case .success(.picture) = taken.completion else { return fail(id, taken.completion) }
        let found = await perform(.straightenPicture(StraightenRequest()), on: .imaging, files: taken.files, deadline: .seconds(20))
        guard case .success(.page(let image)) = found.completion, let pixels = found.files.first else { return fail(id, found.completion) }
        guard !Task.isCancelled else { return }
        apply(.pageScanned(id, pages.add(image, pixels: pixels)))
        apply(.scanEnded(id))
    }
}

extension DeviceFault {
    static func noDevice(_ deviceClass: DeviceClass) -> DeviceFault {
        DeviceFault(code: "kiosk.no-device", action: .configure, detail: "no device of class \(deviceClass.rawValue) is configured")
    }
}
