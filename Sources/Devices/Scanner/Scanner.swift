// Devices/Scanner
