"""What `cutout doctor` looks at, a module a service; each has `CHECKS`, in the order in which they are made."""
