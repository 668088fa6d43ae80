// Devices/Printer
