print("platformd")
