//! Faults, random histories and crashes: nothing is lost, and nothing is faked.
