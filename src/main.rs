//! The program: nothing but the way in.

fn main() {
    batchrun::custody::guard_main_if_asked();
}
