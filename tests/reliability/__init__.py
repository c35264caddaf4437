"""What the project promises beyond right numbers, each promise tried many times; `make reliability` prints it."""
