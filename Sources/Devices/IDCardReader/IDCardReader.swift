// Devices/IDCardReader
