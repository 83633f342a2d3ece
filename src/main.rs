//! The program: everything is in the library.

fn main() -> std::process::ExitCode {
    batchrun::custody::guard_main_if_asked();
    batchrun::memory::one_heap();
    batchrun::cli::main()
}
