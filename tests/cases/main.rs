//! Case files as a user writes them: what right ones mean, and what is said of wrong ones.

mod any_text;
mod faults;
mod meaning;
mod mistakes;
mod project;
