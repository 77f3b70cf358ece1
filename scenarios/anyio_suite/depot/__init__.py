"""Where a parcel is, asked of the depot."""
