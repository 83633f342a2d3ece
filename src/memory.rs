//! What the C library's allocator is told, so that a large batch takes no more memory than a small one. Where another
//! allocator is in use it does nothing.

/// Lets all threads share one heap. By default there are eight for each core, and what one of them holds free nobody
/// else uses: with two, ten thousand cases took up to 2 MB more, a different amount each time. A tenth of the speed of a
/// driver that takes no time is what it costs. To be called before there are threads.
pub fn one_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it sets a number of the allocator, before any other thread allocates.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Gives what is free back to the system: after much has come and gone, as when ten thousand files have been read.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number, and locks what it looks at.
    unsafe {
        libc::malloc_trim(0);
    }
}
