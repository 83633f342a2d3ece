//! The binary.

fn main(){}
