// Devices/Imaging
