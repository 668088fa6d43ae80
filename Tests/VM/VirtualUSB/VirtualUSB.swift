// USB/IP
