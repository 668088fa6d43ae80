// KioskFlow
