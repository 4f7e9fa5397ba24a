"""All the state there is, as it is kept in the bucket."""
