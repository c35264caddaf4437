"""What units want: pictures that excite them, pictures that a layer cannot tell from a photograph, filters and maps."""
