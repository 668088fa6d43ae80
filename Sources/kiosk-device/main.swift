print("kiosk-device")
